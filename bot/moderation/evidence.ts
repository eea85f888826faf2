/**
 * Evidence of a case: the pictures decoded and encoded again, so that nothing hidden in a file comes
 * along, and small. They are in memory until the case is described, and in the log channel; nowhere else.
 */

import { LRUCache } from 'lru-cache'
import sharp from 'sharp'
import { decodeImage } from '../../inference/image/decode.ts'
import type { File } from './deeds.ts'

const LONGEST_SIDE = 1024
const QUALITY = 75
const MAX_ALT_TEXT = 1000
/** Pictures of one case. */
export const MAX_EVIDENCE = 4
/** Cases whose pictures are in memory at once; the longest unused go first. */
const MAX_CASES = 32

/** A picture file made again, marked as a spoiler. */
export async function evidenceFile(
  bytes: Uint8Array,
  { number, description }: { number: number; description: string },
): Promise<File> {
  const { data, width, height } = await decodeImage(bytes)
  const again = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(LONGEST_SIDE, LONGEST_SIDE, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: QUALITY })
    .toBuffer()
  return {
    name: `SPOILER_evidence-${number}.webp`,
    data: again,
    description: description.slice(0, MAX_ALT_TEXT),
  }
}

/** The pictures of the cases under way. */
export class EvidenceMemory {
  readonly #kept = new LRUCache<string, readonly Uint8Array[]>({ max: MAX_CASES })

  keep(caseId: string, pictures: readonly Uint8Array[]): void {
    if (!this.#kept.has(caseId)) {
      this.#kept.set(caseId, pictures.slice(0, MAX_EVIDENCE))
    }
  }

  of(caseId: string): readonly Uint8Array[] | undefined {
    return this.#kept.get(caseId)
  }

  forget(caseId: string): void {
    this.#kept.delete(caseId)
  }
}

/**
 * Evidence of a case: the pictures decoded and encoded again, so that nothing hidden in a file comes
 * along, and small. They are in memory until the case is described, and in the log channel; nowhere else.
 */

import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { DecodingPool } from '../../inference/image/decoding/pool.ts'

const LONGEST_SIDE = 1024
const QUALITY = 75
const MAX_ALT_TEXT = 1000
/** Pictures of one case. */
export const MAX_EVIDENCE = 4
/** Cases whose pictures are in memory at once; the longest unused go first. */
const MAX_CASES = 32
/** Bytes of all their files; those of any one case fit. */
const MAX_BYTES = 160 * 2 ** 20
/** Bytes of one case's files once its evidence is made. */
const MAX_BYTES_AFTERWARDS = 4 * 2 ** 20

/** A picture's file, and the SHA-256 of its bytes, hexadecimal. */
export type PictureFile = { readonly bytes: Uint8Array; readonly hash: string }

/** A file to post. */
export type EvidenceFile = {
  readonly name: string
  readonly data: Buffer
  readonly description: string
}

/** A picture file made again, marked as a spoiler. */
export async function evidenceFile(
  bytes: Uint8Array,
  { number, description }: { number: number; description: string },
  decoder: Pick<DecodingPool, 'thumbnail'>,
): Promise<EvidenceFile> {
  const file = await decoder.thumbnail(bytes, { side: LONGEST_SIDE, quality: QUALITY })
  return {
    name: `SPOILER_evidence-${number}.webp`,
    data: Buffer.from(file.buffer, file.byteOffset, file.byteLength),
    description: description.slice(0, MAX_ALT_TEXT),
  }
}

/** The pictures of the cases under way. */
export class EvidenceMemory {
  readonly #files = new LRUCache<string, readonly PictureFile[]>({
    max: MAX_CASES,
    maxSize: MAX_BYTES,
    sizeCalculation: (files) => bytesOf(files) + 1,
  })

  keep(caseId: string, files: readonly PictureFile[]): void {
    if (!this.#files.has(caseId)) {
      this.#files.set(caseId, files.slice(0, MAX_EVIDENCE))
    }
  }

  /**
   * Keeps what the evidence was made of; where that is large, the evidence itself, since a raid would
   * fill the memory. The model then describes what staff see.
   */
  shrink(
    caseId: string,
    made: readonly { readonly from: PictureFile; readonly evidence: EvidenceFile }[],
  ): void {
    const files = made.map(({ from }) => from)
    const isLarge = bytesOf(files) > MAX_BYTES_AFTERWARDS
    const shrunk = made.map(({ evidence }) => pictureFileOf(evidence.data))
    this.#files.set(caseId, isLarge ? shrunk : files)
  }

  of(caseId: string): readonly PictureFile[] | undefined {
    return this.#files.get(caseId)
  }

  forget(caseId: string): void {
    this.#files.delete(caseId)
  }
}

function bytesOf(files: readonly PictureFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes.length, 0)
}

/** A small file with its hash. */
export function pictureFileOf(bytes: Uint8Array): PictureFile {
  return { bytes, hash: createHash('sha256').update(bytes).digest('hex') }
}

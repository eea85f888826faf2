/** An entry of a hash list: a picture that staff confirmed or dismissed, or that was imported. */

import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type Fingerprint, isDetailHash, isHash } from '../../pictures/fingerprint.ts'
import { sketchSchema } from './word-sketch.ts'

/** Digits of a code that tell entries of one hash apart. */
const CODE_DIGITS = 6

const hash = z.string().refine(isHash)

export const entrySchema = z.object({
  /** The hash of the whole picture. */
  hash,
  /** Hashes of cropped forms. */
  cropped: z.array(hash),
  /** The whole picture with its words; empty for an entry of an older version. */
  detail: z.string().refine(isDetailHash).default(''),
  verdict: z.enum(['confirmed', 'dismissed', 'imported']),
  /** Bits in which a picture may differ. */
  distance: z.int().min(0).max(15),
  /** The member who decided; null: their name was deleted. */
  by: z.string().nullable(),
  at: z.number(),
  seenAt: z.number(),
  /** The case of the decision; null: none. */
  caseId: z.string().nullable(),
  note: z.string(),
  /** The sketch of its words, and who posted them, so that a deletion finds it; null: not read. */
  words: z.object({ sketch: sketchSchema, of: z.string().nullable() }).nullable().default(null),
})

export type HashEntry = Readonly<z.infer<typeof entrySchema>>

/** A new entry for a picture, with the hashes of its cropped forms. */
export function hashEntryOf(
  print: Fingerprint,
  decision: Pick<HashEntry, 'verdict' | 'distance' | 'by' | 'caseId' | 'note'> &
    Partial<Pick<HashEntry, 'words'>>,
): HashEntry {
  const at = Date.now()
  const { whole: hash, cropped, detail } = print
  return { hash, cropped: [...cropped], detail, at, seenAt: at, words: null, ...decision }
}

/**
 * Identifies an entry in its list: the hash, and a digest of the detail, since pictures with other
 * words on one template may share a hash.
 */
export function codeOf({ hash, detail }: Pick<HashEntry, 'hash' | 'detail'>): string {
  return detail === ''
    ? hash
    : `${hash}-${createHash('sha256').update(detail).digest('hex').slice(0, CODE_DIGITS)}`
}

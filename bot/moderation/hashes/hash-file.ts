/** The list of hashes as a file: a backup of the server, or for another server. */

import { z } from 'zod'
import { type Hash, isDetailHash, isHash } from '../../pictures/fingerprint.ts'
import type { HashEntry } from './hash-entry.ts'

const FORMAT = 'sightseer-hashes-1'
/** Cropped forms that the bot makes of a picture; a file may not slow down the search with more. */
const MAX_CROPPED = 2
/** Entries that are read of a file: a server's list has no room for more. */
const MAX_ENTRIES = 10_000
/** Bits in which a picture may differ from an imported entry: another server's setting may be larger. */
const MAX_IMPORTED_DISTANCE = 6

const hash = z.string().refine(isHash)

const fileSchema = z.object({
  format: z.literal(FORMAT),
  pictures: z.array(
    z.object({
      hash,
      cropped: z.array(hash).max(8),
      detail: z.string().refine(isDetailHash).default(''),
      verdict: z.enum(['confirmed', 'dismissed', 'imported']),
      distance: z.int().min(0).max(12),
      note: z.string().max(100),
    }),
  ),
})

/** An entry of a file that may be imported. */
export type FileEntry = Pick<HashEntry, 'hash' | 'cropped' | 'detail' | 'distance' | 'note'>

/** What may be imported of a file. */
export type HashFile = {
  /** Each hash once. */
  readonly entries: readonly FileEntry[]
  /** Pictures that were left out because the other server dismissed them. */
  readonly dismissed: number
  /** Pictures over the number that a list can have. */
  readonly omitted: number
}

/** Entries with their notes, without the names of members. */
export function writeHashFile(entries: readonly HashEntry[]): string {
  const pictures = entries.map(({ hash, cropped, detail, verdict, distance, note }) => ({
    hash,
    cropped,
    detail,
    verdict,
    distance,
    note,
  }))
  return `${JSON.stringify({ format: FORMAT, pictures }, null, 1)}\n`
}

/**
 * Parses such a file. What another server dismissed is left out: a shared list could hide a wave of
 * scams with one entry.
 *
 * @returns null: not such a file.
 */
export function parseHashFile(text: string): HashFile | null {
  const { data } = fileSchema.safeParse(jsonOf(text))
  if (!data) {
    return null
  }
  const entries = new Map<Hash, FileEntry>()
  let dismissed = 0
  for (const { verdict, ...entry } of data.pictures) {
    if (verdict === 'dismissed') {
      dismissed += 1
    } else if (!entries.has(entry.hash)) {
      entries.set(entry.hash, {
        ...entry,
        cropped: entry.cropped.slice(0, MAX_CROPPED),
        distance: Math.min(entry.distance, MAX_IMPORTED_DISTANCE),
      })
    }
  }
  const all = [...entries.values()]
  const omitted = Math.max(0, all.length - MAX_ENTRIES)
  return { entries: all.slice(0, MAX_ENTRIES), dismissed, omitted }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

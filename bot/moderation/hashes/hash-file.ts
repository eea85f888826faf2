/** The list of hashes as a file: a backup of the server, or for another server. */

import { InputError } from '../../../config/errors.ts'
import { z } from 'zod'
import { isHash } from '../../pictures/fingerprint.ts'
import type { HashEntry } from './hash-list.ts'

const FORMAT = 'sightseer-hashes-1'

const hash = z.string().refine(isHash)

const fileSchema = z.object({
  format: z.literal(FORMAT),
  pictures: z.array(
    z.object({
      hash,
      cropped: z.array(hash).max(8),
      verdict: z.enum(['confirmed', 'dismissed', 'imported']),
      distance: z.int().min(0).max(12),
      note: z.string().max(100),
    }),
  ),
})

/** Entries with their notes, without the names of members. */
export function writeHashFile(entries: readonly HashEntry[]): string {
  const pictures = entries.map(({ hash, cropped, verdict, distance, note }) => ({
    hash,
    cropped,
    verdict,
    distance,
    note,
  }))
  return `${JSON.stringify({ format: FORMAT, pictures }, null, 1)}\n`
}

/**
 * Reads such a file. Entries that another server confirmed become `imported`: they delete nothing.
 *
 * @param known hashes that are in the list already; they are skipped.
 * @throws {InputError} if it is not such a file.
 */
export function readHashFile(
  text: string,
  { by, now, known }: { by: string; now: number; known: ReadonlySet<string> },
): HashEntry[] {
  const { data } = fileSchema.safeParse(jsonOf(text))
  if (!data) {
    throw new InputError('hash/bad-file')
  }
  return data.pictures
    .filter((entry) => !known.has(entry.hash))
    .map((entry) => ({
      ...entry,
      verdict: entry.verdict === 'dismissed' ? 'dismissed' : 'imported',
      by,
      at: now,
      seenAt: now,
      caseId: null,
    }))
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

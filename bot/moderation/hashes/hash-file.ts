/** The list of hashes as a file: a server's own back-up, or something to share with another. */

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

/** Hashes, verdicts and notes; nobody's name. */
export function writeHashFile(hashList: readonly HashEntry[]): string {
  const pictures = hashList.map(({ hash, cropped, verdict, distance, note }) => ({
    hash,
    cropped,
    verdict,
    distance,
    note,
  }))
  return `${JSON.stringify({ format: FORMAT, pictures }, null, 1)}\n`
}

/**
 * Reads such a file. What another server confirmed is only `imported` here: nothing is removed by it.
 *
 * @param known hashes in the list already; they are left out.
 * @throws {InputError} if it is no such file.
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
    .filter((one) => !known.has(one.hash))
    .map((one) => ({
      ...one,
      verdict: one.verdict === 'dismissed' ? 'dismissed' : 'imported',
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

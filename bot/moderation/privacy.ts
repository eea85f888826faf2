/** What moderation keeps that names a person, for /privacy. */

import type { Collection } from '../store/types.ts'
import type { Case } from './cases/case.ts'
import type { Postings } from './hashes/postings.ts'
import type { Verdict } from './hashes/hash-list.ts'

/** Stands for someone who had their name deleted. */
const NOBODY = '0'

type Kept = {
  readonly cases: Collection<Case>
  readonly postings: Collection<Postings>
  readonly verdicts: Collection<Verdict>
}

/** Everything that names them, each with where it is from. */
export async function recordsOf({ cases, postings, verdicts }: Kept, userId: string) {
  const records: object[] = []
  for await (const [, found] of cases.entries()) {
    if (found.memberId === userId) {
      records.push({ kind: 'moderation-case', ...found })
    }
    const own = found.events.filter(({ by }) => by === userId)
    if (own.length > 0) {
      records.push({ kind: 'moderation-decision', case: found.id, events: own })
    }
  }
  for await (const [key, recent] of postings.entries()) {
    if (key.split('/')[1] === userId) {
      records.push({ kind: 'moderation-recent', place: key, postings: recent })
    }
  }
  for await (const [key, { hash, by, at, note }] of verdicts.entries()) {
    if (by === userId) {
      records.push({ kind: 'moderation-hash', place: key, hash, at, note })
    }
  }
  return records
}

/**
 * Deletes the cases about a person and what they posted; of what they decided, only their name.
 *
 * @param deleted told the id of each case that is deleted.
 * @returns how many records there were.
 */
export async function forgetPerson(
  { cases, postings, verdicts }: Kept,
  userId: string,
  deleted: (caseId: string) => void = () => {},
): Promise<number> {
  let count = 0
  for await (const [key, found] of cases.entries()) {
    if (found.memberId === userId) {
      count += Number(await cases.delete(key))
      deleted(found.id)
    } else if (names(found, userId)) {
      await cases.update(key, (old) => old && withoutName(old, userId))
      count += 1
    }
  }
  for await (const [key] of postings.entries()) {
    if (key.split('/')[1] === userId && (await postings.delete(key))) {
      count += 1
    }
  }
  for await (const [key, { by }] of verdicts.entries()) {
    if (by === userId) {
      await verdicts.update(key, (old) => old && { ...old, by: null })
      count += 1
    }
  }
  return count
}

function names({ events, reasons }: Case, userId: string): boolean {
  return [...events, ...reasons].some(({ by }) => by === userId)
}

function withoutName(found: Case, userId: string): Case {
  const clean = <T extends { by?: string | undefined }>(one: T): T =>
    one.by === userId ? { ...one, by: NOBODY } : one
  return { ...found, events: found.events.map(clean), reasons: found.reasons.map(clean) }
}

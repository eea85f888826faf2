/** Moderation's records about a user, for /privacy. */

import type { Collection } from '../store/types.ts'
import { userTag } from '../store/keys.ts'
import type { Case } from './cases/case-record.ts'
import { DELETED_USER } from './cases/case-index.ts'
import type { Postings } from './hashes/postings.ts'
import type { HashEntry } from './hashes/hash-entry.ts'

type Collections = {
  readonly cases: Collection<Case>
  readonly postings: Collection<Postings>
  readonly hashList: Collection<HashEntry>
}

/** All records that name a user, each with its kind. */
export async function moderationRecordsOf(
  { cases, postings, hashList }: Collections,
  userId: string,
) {
  const tag = userTag(userId)
  const records: object[] = []
  for await (const [, record] of cases.entriesWith(tag)) {
    if (record.memberId === userId) {
      records.push({ kind: 'moderation-case', ...record })
    }
    const own = record.events.filter(({ by }) => by === userId)
    if (own.length > 0) {
      records.push({ kind: 'moderation-decision', case: record.id, events: own })
    }
  }
  for await (const [key, recent] of postings.entriesWith(tag)) {
    records.push({ kind: 'moderation-recent', place: key, postings: recent })
  }
  for await (const [key, { hash, at, note }] of hashList.entriesWith(tag)) {
    records.push({ kind: 'moderation-hash', place: key, hash, at, note })
  }
  return records
}

/**
 * Deletes the cases and postings of a user, and their name from the cases that they decided.
 *
 * @param deleted called with the id of each deleted case.
 * @returns how many records there were.
 */
export async function deleteUserRecords(
  { cases, postings, hashList }: Collections,
  userId: string,
  deleted: (caseId: string) => void = () => {},
): Promise<number> {
  const tag = userTag(userId)
  let count = 0
  for await (const [key, record] of cases.entriesWith(tag)) {
    if (record.memberId === userId) {
      count += Number(await cases.delete(key))
      deleted(record.id)
    } else if (mentions(record, userId)) {
      await cases.update(key, (old) => old && withoutName(old, userId))
      count += 1
    }
  }
  for await (const key of postings.keysWith(tag)) {
    count += Number(await postings.delete(key))
  }
  for await (const key of hashList.keysWith(tag)) {
    await hashList.update(key, (old) => (old?.by === userId ? { ...old, by: null } : old))
    count += 1
  }
  return count
}

function mentions({ events, reasons }: Case, userId: string): boolean {
  return [...events, ...reasons].some(({ by }) => by === userId)
}

function withoutName(record: Case, userId: string): Case {
  const clean = <T extends { by?: string | undefined }>(one: T): T =>
    one.by === userId ? { ...one, by: DELETED_USER } : one
  return { ...record, events: record.events.map(clean), reasons: record.reasons.map(clean) }
}

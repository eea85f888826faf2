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
  for await (const [key, { hash, at, note, by, words }] of hashList.entriesWith(tag)) {
    if (by === userId) {
      records.push({ kind: 'moderation-hash', place: key, hash, at, note })
    }
    if (words?.of === userId) {
      records.push({ kind: 'moderation-words', place: key, sketch: words.sketch, at })
    }
  }
  return records
}

/** What a deletion tells others, who have the records in memory. */
export type DeletionHooks = {
  /** A case was deleted. @param key of its record. */
  readonly caseDeleted?: (key: string) => Promise<void>
  /** A name was deleted from a case. @param key of its record. */
  readonly nameDeleted?: (key: string) => Promise<void>
  /** The sketches of words were deleted in the hash list of a server. */
  readonly wordsDeleted?: (guildId: string) => Promise<unknown>
}

/**
 * Deletes the cases and postings of a user, their name from the cases that they decided, and the
 * sketches of the words in their pictures.
 *
 * @returns how many records there were.
 */
export async function deleteUserRecords(
  { cases, postings, hashList }: Collections,
  userId: string,
  { caseDeleted, nameDeleted, wordsDeleted }: DeletionHooks = {},
): Promise<number> {
  const tag = userTag(userId)
  let count = 0
  for await (const [key, record] of cases.entriesWith(tag)) {
    if (record.memberId === userId) {
      count += Number(await cases.delete(key))
      await caseDeleted?.(key)
    } else if (mentions(record, userId)) {
      await cases.update(key, (old) => old && withoutName(old, userId))
      await nameDeleted?.(key)
      count += 1
    }
  }
  for await (const key of postings.keysWith(tag)) {
    count += Number(await postings.delete(key))
  }
  const servers = new Set<string>()
  for await (const key of hashList.keysWith(tag)) {
    let hadWords = false
    await hashList.update(key, (old) => {
      hadWords = old?.words?.of === userId
      return old && withoutUser(old, userId)
    })
    if (hadWords) {
      servers.add(key.split('/')[0]!)
    }
    count += 1
  }
  for (const guildId of servers) {
    await wordsDeleted?.(guildId)
  }
  return count
}

function withoutUser(entry: HashEntry, userId: string): HashEntry {
  const { by, words } = entry
  return by === userId || words?.of === userId
    ? {
        ...entry,
        by: by === userId ? null : by,
        words: words?.of === userId ? null : words,
      }
    : entry
}

function mentions({ events, reasons }: Case, userId: string): boolean {
  return [...events, ...reasons].some(({ by }) => by === userId)
}

function withoutName(record: Case, userId: string): Case {
  const clean = <T extends { by?: string | undefined }>(one: T): T =>
    one.by === userId ? { ...one, by: DELETED_USER } : one
  return { ...record, events: record.events.map(clean), reasons: record.reasons.map(clean) }
}

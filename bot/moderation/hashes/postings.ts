/**
 * What each member posted in the last hour: hashes and ids of messages, nothing else. Bursts, the case
 * of a message and the copies in a case are computed from it.
 */

import { z } from 'zod'
import { userTagOf } from '../../store/keys.ts'
import type { Collection, Store } from '../../store/types.ts'
import {
  distanceOf,
  type Fingerprint,
  type Hash,
  isDetailHash,
} from '../../pictures/fingerprint.ts'
import { opensCase, type Reason, reasonSchema } from './reasons.ts'

/** How long a posting is stored, and how far back copies are searched. */
export const POSTING_LIFE_MS = 60 * 60 * 1000
/** Postings of one member. */
const MAX_POSTINGS = 60
/** Bits in which copies of one picture by one member may differ; nothing is removed by this alone. */
export const COPY_DISTANCE = 8

export const printSchema = z.object({
  whole: z.string(),
  mirrored: z.string(),
  cropped: z.array(z.string()).readonly(),
  detail: z.string().refine(isDetailHash).default(''),
})

const wordPointsSchema = z.object({
  /** The id of the rule. */
  rule: z.string(),
  /** Of the picture with the most. */
  points: z.number(),
  /** Those with the most points. */
  terms: z.array(z.object({ text: z.string(), weight: z.number() })).readonly(),
})

/** The points of a message by a rule by words, over 0. */
export type WordPoints = Readonly<z.infer<typeof wordPointsSchema>>

const postingSchema = z.object({
  messageId: z.string(),
  channelId: z.string(),
  at: z.number(),
  prints: z.array(printSchema),
  /** The pictures that were examined, with or without a fingerprint. */
  keys: z.array(z.string()).default([]),
  /** The case it belongs to. */
  caseId: z.string().nullable(),
  /** The confirmed entry of the hash list that shows the same picture; null: none. */
  matched: z.string().nullable(),
  /** Why a case was opened with it, and what is mentioned then. */
  reasons: z.array(reasonSchema),
  /** What rules by words found in it, below their thresholds too. */
  words: z.array(wordPointsSchema).readonly().default([]),
})

export type Posting = Readonly<z.infer<typeof postingSchema>>
export type Postings = readonly Posting[]

/** A burst: copies in at least `channels` channels within `withinMs` milliseconds. */
export type Burst = { readonly channels: number; readonly withinMs: number }

export function postingsSpace(store: Store): Collection<Postings> {
  return store.collection<Postings>({
    name: 'moderation-recent',
    ttlMs: POSTING_LIFE_MS,
    decode: (data) => z.array(postingSchema).parse(data),
    index: (_, key) => [userTagOf(key)],
  })
}

/** What a posting belongs with, besides its copies. */
export type Related = {
  /** The case that it joins; null: none. */
  readonly joined: string | null
  /** The ids of messages whose words count together with its own. */
  readonly wave: readonly string[]
}

/**
 * The postings with one more. It joins the case of its copies, or else `joined`; without either, it
 * opens one, with its copies and its wave, if it has reasons or completes a burst. For a message that has a posting already, only new pictures count,
 * or reasons if it has no case yet.
 */
export function withPosting(
  before: Postings,
  next: Omit<Posting, 'caseId'>,
  burst: Burst,
  { joined, wave }: Related = { joined: null, wave: [] },
): Postings {
  const known = before.find(({ messageId }) => messageId === next.messageId)
  if (known && (known.caseId !== null || !next.reasons.some(opensCase)) && hasAll(known, next)) {
    return before
  }
  const posting = known ? merged(known, next) : next
  if (known && known.caseId !== null) {
    const updated = { ...known, prints: posting.prints, keys: posting.keys }
    return before.map((one) => (one === known ? updated : one))
  }
  const recent = before.filter(
    ({ at, messageId }) => posting.at - at < POSTING_LIFE_MS && messageId !== posting.messageId,
  )
  const copies = recent.filter(({ prints }) => sharePicture(prints, posting.prints))
  const reasons = [...posting.reasons, ...burstOf(copies, posting, burst)]
  const joinedCase = copies.findLast(({ caseId }) => caseId !== null)?.caseId ?? joined
  const caseId = joinedCase ?? (reasons.some(opensCase) ? posting.messageId : null)
  const belongs = (one: Posting) => copies.includes(one) || wave.includes(one.messageId)
  const others = recent.map((one) =>
    belongs(one) && caseId !== null ? { ...one, caseId: one.caseId ?? caseId } : one,
  )
  return [...others, { ...posting, reasons, caseId }].slice(-MAX_POSTINGS)
}

/**
 * The postings with older ones that a sweep found; existing ones stay. There may be more than
 * MAX_POSTINGS until the next posting, because the case needs all that were found.
 */
export function withOlder(before: Postings, older: Postings): Postings {
  const known = new Set(before.map(({ messageId }) => messageId))
  const added = older.filter(({ messageId }) => !known.has(messageId))
  return added.length === 0 ? before : [...added, ...before]
}

type Pictures = Pick<Posting, 'keys' | 'prints'>

function hasAll(known: Pictures, { keys, prints }: Pictures): boolean {
  return (
    keys.every((key) => known.keys.includes(key)) &&
    prints.every(({ whole }) => known.prints.some((one) => one.whole === whole))
  )
}

/** The posting of a message with pictures that were added to it later. */
function merged(known: Posting, posting: Omit<Posting, 'caseId'>): Omit<Posting, 'caseId'> {
  const added = posting.prints.filter(
    ({ whole }) => !known.prints.some((one) => one.whole === whole),
  )
  return {
    ...posting,
    prints: [...known.prints, ...added],
    keys: [...new Set([...known.keys, ...posting.keys])],
    matched: posting.matched ?? known.matched,
    words: posting.words.length > 0 ? posting.words : known.words,
  }
}

/** The postings with the points of a message's words. */
export function withWords(
  before: Postings,
  messageId: string,
  words: readonly WordPoints[],
): Postings {
  return before.map((one) => (one.messageId === messageId ? { ...one, words } : one))
}

function burstOf(copies: Postings, posting: Omit<Posting, 'caseId'>, burst: Burst): Reason[] {
  // Postings come in any order: a larger picture takes longer to examine.
  const near = copies.filter(({ at }) => Math.abs(posting.at - at) < burst.withinMs)
  const channels = new Set([posting.channelId, ...near.map(({ channelId }) => channelId)])
  if (channels.size < burst.channels) {
    return []
  }
  const times = [posting.at, ...near.map(({ at }) => at)]
  const seconds = Math.max(1, Math.round((Math.max(...times) - Math.min(...times)) / 1000))
  return [{ kind: 'burst', weight: 4, count: channels.size, seconds }]
}

/** Whether two messages share a picture. */
export function sharePicture(
  some: readonly Fingerprint[],
  others: readonly Fingerprint[],
): boolean {
  return some.some((one) => others.some((other) => isCopy(one, other)))
}

function isCopy(a: Fingerprint, b: Fingerprint): boolean {
  return (
    [b.whole, b.mirrored, ...b.cropped].some((hash) => isNear(a.whole, hash)) ||
    a.cropped.some((hash) => isNear(hash, b.whole))
  )
}

function isNear(a: Hash, b: Hash): boolean {
  return distanceOf(a, b) <= COPY_DISTANCE
}

/** The postings with one moved to a case of its own, which later copies join. */
export function withOwnCase(before: Postings, id: string): Postings {
  return before.map((one) => (one.messageId === id ? { ...one, caseId: id } : one))
}

/**
 * What each member posted in the last hour: hashes and ids of messages, nothing else. From it follow
 * bursts, which case a message belongs to, and the copies that staff are shown.
 */

import { z } from 'zod'
import type { Collection, Store } from '../../store/types.ts'
import { distanceOf, type Fingerprint, type Hash } from '../../pictures/fingerprint.ts'
import { type Reason, reasonSchema } from './reasons.ts'

/** How long a posting is kept, and how far back copies are looked for. */
export const POSTING_LIFE_MS = 60 * 60 * 1000
/** Postings of one member. */
const MAX_POSTINGS = 60
/** Bits in which copies of one picture by one member may differ; nothing is removed by this alone. */
const COPY_DISTANCE = 8

export const printSchema = z.object({
  whole: z.string(),
  mirrored: z.string(),
  cropped: z.array(z.string()).readonly(),
})

const postingSchema = z.object({
  messageId: z.string(),
  channelId: z.string(),
  at: z.number(),
  prints: z.array(printSchema),
  /** Which of its pictures were looked at, comparable or not. */
  keys: z.array(z.string()).default([]),
  /** The case it belongs to. */
  caseId: z.string().nullable(),
  /** The hash that staff confirmed and that it was found by. */
  matched: z.string().nullable(),
  /** Why a case was opened with it; none for those that only belong to one. */
  reasons: z.array(reasonSchema),
})

export type Posting = Readonly<z.infer<typeof postingSchema>>
export type Postings = readonly Posting[]

/** What a burst is: so many channels within so many milliseconds. */
export type Burst = { readonly channels: number; readonly withinMs: number }

export function postingsSpace(store: Store): Collection<Postings> {
  return store.collection<Postings>({
    name: 'moderation-recent',
    ttlMs: POSTING_LIFE_MS,
    decode: (data) => z.array(postingSchema).parse(data),
  })
}

/**
 * The postings with one more. It belongs to the case of its copies; where they have none, it opens
 * one if there are reasons, or if it makes a burst. Of a posting that is there already, only what is
 * new counts: pictures that its message was given later, or reasons where it has no case yet.
 */
export function withPosting(
  before: Postings,
  given: Omit<Posting, 'caseId'>,
  burst: Burst,
): Postings {
  const known = before.find(({ messageId }) => messageId === given.messageId)
  if (known && (known.caseId !== null || given.reasons.length === 0) && hasAll(known, given)) {
    return before
  }
  const posting = known ? merged(known, given) : given
  if (known && known.caseId !== null) {
    const grown = { ...known, prints: posting.prints, keys: posting.keys }
    return before.map((one) => (one === known ? grown : one))
  }
  const recent = before.filter(
    ({ at, messageId }) => posting.at - at < POSTING_LIFE_MS && messageId !== posting.messageId,
  )
  const copies = recent.filter(({ prints }) => sharePicture(prints, posting.prints))
  const reasons = [...posting.reasons, ...burstOf(copies, posting, burst)]
  const open = copies.findLast(({ caseId }) => caseId !== null)?.caseId ?? null
  const caseId = open ?? (reasons.length > 0 ? posting.messageId : null)
  const marked = recent.map((one) =>
    copies.includes(one) && caseId !== null ? { ...one, caseId: one.caseId ?? caseId } : one,
  )
  return [...marked, { ...posting, reasons, caseId }].slice(-MAX_POSTINGS)
}

/**
 * The postings with some that were found later, which are older; those that are there stay. There
 * may be more than usual then, until the next posting: what was found is to be seen by its case.
 */
export function withOlder(before: Postings, found: Postings): Postings {
  const known = new Set(before.map(({ messageId }) => messageId))
  const fresh = found.filter(({ messageId }) => !known.has(messageId))
  return fresh.length === 0 ? before : [...fresh, ...before]
}

type Pictures = Pick<Posting, 'keys' | 'prints'>

function hasAll(known: Pictures, { keys, prints }: Pictures): boolean {
  return (
    keys.every((key) => known.keys.includes(key)) &&
    prints.every(({ whole }) => known.prints.some((one) => one.whole === whole))
  )
}

/** A message's posting with pictures that it was given later. */
function merged(known: Posting, given: Omit<Posting, 'caseId'>): Omit<Posting, 'caseId'> {
  const fresh = given.prints.filter(({ whole }) => !known.prints.some((one) => one.whole === whole))
  return {
    ...given,
    prints: [...known.prints, ...fresh],
    keys: [...new Set([...known.keys, ...given.keys])],
    matched: given.matched ?? known.matched,
  }
}

function burstOf(copies: Postings, posting: Omit<Posting, 'caseId'>, burst: Burst): Reason[] {
  // Postings come in any order: the larger picture takes longer to look at.
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

/** The postings with one in a case of its own, that later copies join. */
export function withOwnCase(before: Postings, id: string): Postings {
  return before.map((one) => (one.messageId === id ? { ...one, caseId: id } : one))
}

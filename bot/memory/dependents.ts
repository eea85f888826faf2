/** What depends on the conversations of a channel's record, and is deleted with them. */

import type { Place } from '../discord/place.ts'
import type { ChannelRecord, Conversation } from './conversation.ts'
import type { PendingDeletionOf } from './pending-deletions.ts'

export type Dependents = PendingDeletionOf<'dependents'>

/** What is to be deleted after a change of a channel's record. */
export function dependentsOf(
  place: Place,
  { before, after, ttlMs }: { before: ChannelRecord; after: ChannelRecord; ttlMs: number },
): Dependents {
  const talks = new Set(after.talks.map(({ id }) => id))
  const deleted = before.talks.filter(({ id }) => !talks.has(id))
  const keys = new Set(answersIn(after.talks).map(({ key }) => key))
  // Of the answers that stay, those about several pictures may have suggestions about a deleted one.
  const answers = [
    ...answersIn(before.talks).filter(({ key }) => !keys.has(key)),
    ...answersIn(deleted).filter(({ key }) => keys.has(key)),
  ]
  return {
    kind: 'dependents',
    place,
    ttlMs,
    answers: answers.map(({ key, message }) => ({ key, message })),
    sources: sourcesOf(deleted),
  }
}

/** The messages of the pictures of conversations. */
export function sourcesOf(talks: readonly Conversation[]): Dependents['sources'] {
  return talks.flatMap(({ id, picture: { source } }) =>
    source ? [{ talk: id, channelId: source.channelId, messageId: source.messageId }] : [],
  )
}

/** The pictures that a change left without a conversation. */
export function hashesOnlyIn(before: ChannelRecord, after: ChannelRecord): string[] {
  return [...hashesOf(before).difference(hashesOf(after))]
}

function hashesOf({ talks }: ChannelRecord): Set<string> {
  return new Set(talks.map(({ picture }) => picture.hash))
}

/** The answers about conversations. */
export function answersIn(talks: readonly Conversation[]) {
  return talks.flatMap(({ answers }) => answers)
}

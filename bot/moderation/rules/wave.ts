/**
 * What a rule by words finds in all that a member posts in several channels within minutes. Pictures of
 * one wave have other words each, and too few points one by one.
 */

import type { Burst, Posting, Postings, WordPoints } from '../hashes/postings.ts'

/** A term without the reason why it is there. */
export type NamedTerm = WordPoints['terms'][number]

export type Wave = {
  /** The sum over its channels, of the message with the most points in each. */
  readonly points: number
  readonly terms: readonly NamedTerm[]
  readonly channels: number
  /** Its messages in which the rule has points, with the last one. */
  readonly messages: readonly string[]
}

/** The wave that a message is part of; undefined: a rule has points in too few channels. */
export function waveOf(
  postings: Postings,
  messageId: string,
  rule: string,
  { channels: least, withinMs }: Burst,
): Wave | undefined {
  const last = postings.find((posting) => posting.messageId === messageId)
  if (!last || !pointsOf(last, rule)) {
    return undefined
  }
  const near = postings
    .filter((posting) => Math.abs(last.at - posting.at) < withinMs)
    .flatMap((posting) => {
      const found = pointsOf(posting, rule)
      return found ? [{ ...found, ...posting }] : []
    })
  const most = new Map<string, number>()
  const terms = new Map<string, NamedTerm>()
  for (const { channelId, points, terms: some } of near) {
    most.set(channelId, Math.max(points, most.get(channelId) ?? 0))
    some.forEach((term) => terms.set(term.text, term))
  }
  return most.size < least
    ? undefined
    : {
        points: most.values().reduce((sum, points) => sum + points, 0),
        terms: [...terms.values()],
        channels: most.size,
        messages: near.map((posting) => posting.messageId),
      }
}

function pointsOf({ words }: Posting, rule: string) {
  const found = words.find((one) => one.rule === rule)
  return found && { points: found.points, terms: found.terms }
}

/**
 * What is remembered of one channel: the pictures talked about, each with its own questions.
 *
 * Plain data and pure functions; bot/conversations.ts keeps it in the store. Questions form a tree:
 * each knows the one it follows, so two people who go on from the same answer do not cross.
 */

import { z } from 'zod'
import type { Turn } from '../inference/types.ts'

/** Pictures of a channel; the one longest unused goes first. */
export const MAX_TALKS = 40
/** Questions about one picture; the oldest goes first. */
export const MAX_TURNS = 24

const turnSchema = z.object({
  id: z.string(),
  /** The question it follows; null: the description. */
  parent: z.string().nullable(),
  question: z.string(),
  answer: z.string(),
  /** User id of who asked. */
  by: z.string(),
  /** Milliseconds since the epoch. */
  at: z.number(),
})

const talkSchema = z.object({
  id: z.string(),
  picture: z.object({
    /** SHA-256 of the file's bytes, hexadecimal. */
    hash: z.string(),
    key: z.string(),
    name: z.string(),
    spoiler: z.boolean(),
    /** Where the bytes were; the link may have expired since. */
    url: z.string(),
    size: z.number(),
    source: z
      .object({ channelId: z.string(), messageId: z.string(), authorId: z.string() })
      .nullable(),
  }),
  by: z.string(),
  at: z.number(),
  /** When it is forgotten, in milliseconds since the epoch. */
  until: z.number(),
  /** Every description given, the newest last; empty when a question came first. */
  descriptions: z.array(z.string()),
  turns: z.array(turnSchema),
})

export const channelSchema = z.object({ talks: z.array(talkSchema) })

export type TurnRecord = Readonly<z.infer<typeof turnSchema>>
export type Talk = Readonly<z.infer<typeof talkSchema>>
/** Talks are ordered by their last use, the newest last. */
export type ChannelRecord = { readonly talks: readonly Talk[] }

export const EMPTY: ChannelRecord = { talks: [] }

/** Without what has ended. Gives back the same object when nothing has. */
export function pruned(record: ChannelRecord, now: number): ChannelRecord {
  const talks = record.talks.filter(({ until }) => until > now)
  return talks.length === record.talks.length ? record : { talks }
}

/** Puts a talk at the end, in place of the one of its id. */
export function withTalk(record: ChannelRecord, talk: Talk): ChannelRecord {
  const others = record.talks.filter(({ id }) => id !== talk.id)
  return { talks: [...others, talk].slice(-MAX_TALKS) }
}

/** Adds a question to a talk, if that is still remembered, and makes it the newest. */
export function withTurn(
  record: ChannelRecord,
  talkId: string,
  { turn, until }: { readonly turn: TurnRecord; readonly until: number },
): ChannelRecord {
  const talk = record.talks.find(({ id }) => id === talkId)
  if (!talk) {
    return record
  }
  const turns = [...talk.turns.filter(({ id }) => id !== turn.id), turn]
  const kept = turns.length > MAX_TURNS ? cutOut(turns, new Set([turns[0]!.id])) : turns
  return withTalk(record, { ...talk, turns: kept, until })
}

/** The questions and answers up to a turn, oldest first; null or unknown: none. */
export function historyTo(talk: Talk, turnId: string | null): Turn[] {
  const byId = new Map(talk.turns.map((turn) => [turn.id, turn]))
  const history: Turn[] = []
  for (
    let turn = byId.get(turnId ?? '');
    turn && history.length < MAX_TURNS;
    turn = byId.get(turn.parent ?? '')
  ) {
    history.unshift({ question: turn.question, answer: turn.answer })
  }
  return history
}

/** The picture someone is talking about: the one they used last, else the channel's newest. */
export function followedBy(record: ChannelRecord, userId: string): Talk | undefined {
  const lastUse = (talk: Talk) =>
    Math.max(
      talk.by === userId ? talk.at : 0,
      ...talk.turns.filter(({ by }) => by === userId).map(({ at }) => at),
    )
  const own = record.talks.filter((talk) => lastUse(talk) > 0)
  return own.toSorted((a, b) => lastUse(a) - lastUse(b)).at(-1) ?? record.talks.at(-1)
}

/** Where someone's next question goes on from: their own last one, else the newest. */
export function lastTurn(talk: Talk, userId: string): string | null {
  return (talk.turns.findLast(({ by }) => by === userId) ?? talk.turns.at(-1))?.id ?? null
}

/** Without the talks that `gone` picks. */
export function withoutTalks(record: ChannelRecord, gone: (talk: Talk) => boolean): ChannelRecord {
  const talks = record.talks.filter((talk) => !gone(talk))
  return talks.length === record.talks.length ? record : { talks }
}

/** Without one question; those that followed it follow the one before it. */
export function withoutTurn(record: ChannelRecord, talkId: string, turnId: string): ChannelRecord {
  return {
    talks: record.talks.map((talk) =>
      talk.id === talkId ? { ...talk, turns: cutOut(talk.turns, new Set([turnId])) } : talk,
    ),
  }
}

/** Without what a person asked, and without the pictures that only they talked about. */
export function withoutPerson(record: ChannelRecord, userId: string): ChannelRecord {
  const talks = record.talks.flatMap((talk) => {
    const theirs = new Set(talk.turns.filter(({ by }) => by === userId).map(({ id }) => id))
    const turns = cutOut(talk.turns, theirs)
    if (talk.by !== userId) {
      return [{ ...talk, turns }]
    }
    return turns.length === 0 ? [] : [{ ...talk, by: turns[0]!.by, turns }]
  })
  return { talks }
}

function cutOut(turns: readonly TurnRecord[], gone: ReadonlySet<string>): TurnRecord[] {
  const parents = new Map(turns.map(({ id, parent }) => [id, parent]))
  const heir = (id: string | null): string | null => {
    let at = id
    while (at !== null && gone.has(at)) {
      at = parents.get(at) ?? null
    }
    return at
  }
  return turns
    .filter(({ id }) => !gone.has(id))
    .map((turn) => ({ ...turn, parent: heir(turn.parent) }))
}

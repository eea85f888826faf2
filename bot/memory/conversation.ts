/**
 * The record of one channel: a conversation for each picture, with its own questions. Its stored
 * key is `talks`, and the stored key of a conversation's id is `talk`.
 *
 * Plain data and pure functions; bot/memory/conversation-store.ts keeps it in the store. Questions form a tree: each
 * stores the id of the one it follows, so two people can continue from the same answer separately.
 *
 * A private answer is visible to one person. A conversation that began with one is private as a
 * whole, and so is a private question about a public picture. A private conversation never gets a
 * public question: its answer would show the channel what only one person may see, so it is answered privately
 * too (bot/requests/questions/question-flow.ts). An answer is made only of what everyone who sees it may know, so no public
 * question follows a private one either.
 */

import { z } from 'zod'
import { foundPictureSchema } from '../../commands/picture.ts'
import type { Turn } from '../../inference/contract/types.ts'

/** Public conversations of a channel; the least recently used is deleted first. */
export const MAX_CONVERSATIONS = 40
/** Public questions of one conversation; the oldest is deleted first. */
export const MAX_TURNS = 24

/** How many records are stored. What is private never replaces what is public. */
type Limits = {
  readonly public: number
  /** Of those that only one person can see, for each person and for all of them together. */
  readonly perPerson: number
  readonly private: number
}

const CONVERSATION_LIMITS: Limits = { public: MAX_CONVERSATIONS, perPerson: 10, private: 40 }
const TURN_LIMITS: Limits = { public: MAX_TURNS, perPerson: MAX_TURNS, private: 2 * MAX_TURNS }
/** Answers that are deleted with their conversation; older ones expire. */
const MAX_ANSWERS = 100
/** Descriptions that are stored, so that `Again` can avoid them. */
const MAX_DESCRIPTIONS = 10

/** User id of the only one who may see it; null: everyone in the channel. */
const visibleToSchema = z.string().nullable()

/** Older records lack the field, so it is unknown who saw the answer; they are private. */
function withVisibility<T extends { by: string; visibleTo?: string | null | undefined }>(
  record: T,
): Omit<T, 'visibleTo'> & { visibleTo: string | null } {
  return { ...record, visibleTo: record.visibleTo === undefined ? record.by : record.visibleTo }
}

const turnSchema = z.object({
  id: z.string(),
  /** The question it follows; null: the description. */
  parent: z.string().nullable(),
  question: z.string(),
  answer: z.string(),
  /** Whether the answer is the bot's own sentence that what was asked about is not there. */
  absent: z.boolean().optional(),
  /** User id of who asked. */
  by: z.string(),
  visibleTo: visibleToSchema.optional(),
  /** Milliseconds since the epoch. */
  at: z.number(),
})

const conversationSchema = z.object({
  id: z.string(),
  /** `url` is where the bytes were; the link may have expired since. */
  picture: foundPictureSchema.omit({ altText: true }).extend({
    /** SHA-256 of the file's bytes, hexadecimal. */
    hash: z.string(),
  }),
  /** User id of who showed the picture to the bot. */
  by: z.string(),
  visibleTo: visibleToSchema.optional(),
  /** When it was shown, in milliseconds since the epoch. */
  at: z.number(),
  /** When it expires, in milliseconds since the epoch. */
  until: z.number(),
  /** Every description given, the newest last; empty when a question came first. */
  descriptions: z.array(z.string()),
  turns: z.array(turnSchema.transform(withVisibility)),
  /** The answers about it: their keys, the ids of their messages, and the turn that each gave. */
  answers: z
    .array(z.object({ key: z.string(), message: z.string(), turn: z.string().nullable() }))
    .default([]),
})

export const channelSchema = z.object({
  talks: z.array(conversationSchema.transform(withVisibility)),
})

export type Conversation = Readonly<z.infer<typeof channelSchema>['talks'][number]>
export type TurnRecord = Readonly<Conversation['turns'][number]>
/** User id of who will see what is read; null: everyone in the channel. */
export type Reader = string | null
/** Conversations are ordered by their last use, the newest last. */
export type ChannelRecord = { readonly talks: readonly Conversation[] }

export const EMPTY_CHANNEL: ChannelRecord = { talks: [] }

/**
 * What a reader may see of a channel. All code that shows, counts or uses records gets them from
 * here. The result does not reveal what was left out: a conversation is as old as its last use that
 * the reader may see.
 */
export function visibleTo(record: ChannelRecord, reader: Reader): ChannelRecord {
  const talks = record.talks.filter((conversation) => isVisible(conversation, reader))
  return { talks: talks.map((conversation) => visibleConversation(conversation, reader)) }
}

function isVisible(record: { readonly visibleTo: string | null }, reader: Reader): boolean {
  return record.visibleTo === null || record.visibleTo === reader
}

function visibleConversation(conversation: Conversation, reader: Reader): Conversation {
  const hidden = conversation.turns.filter((turn) => !isVisible(turn, reader)).map(({ id }) => id)
  if (hidden.length === 0) {
    return conversation
  }
  const visible = withoutTurns(conversation, new Set(hidden))
  return {
    ...visible,
    until: conversation.until - (lastUsedAt(conversation) - lastUsedAt(visible)),
  }
}

function lastUsedAt({ at, turns }: Pick<Conversation, 'at' | 'turns'>): number {
  return Math.max(at, ...turns.map((turn) => turn.at))
}

/** Without expired conversations. Returns the same object when nothing has expired. */
export function pruned(record: ChannelRecord, now: number): ChannelRecord {
  const talks = record.talks.filter(({ until }) => until > now)
  return talks.length === record.talks.length ? record : { talks }
}

/** Moves a conversation to the end, and replaces the one with its id. */
export function withConversation(record: ChannelRecord, conversation: Conversation): ChannelRecord {
  const others = record.talks.filter(({ id }) => id !== conversation.id)
  return { talks: withinLimits([...others, conversation], CONVERSATION_LIMITS) }
}

/**
 * Without the oldest of those over the limits. Over the limit of all persons together, the person
 * with the most loses one.
 *
 * @param records oldest first.
 */
function withinLimits<T extends { readonly visibleTo: string | null }>(
  records: readonly T[],
  limits: Limits,
): T[] {
  const byReader = Map.groupBy(records, ({ visibleTo: reader }) => reader)
  const removed = new Set(byReader.get(null)?.slice(0, -limits.public))
  byReader.delete(null)
  const persons = [...byReader.values()].map((own) => {
    for (const record of own.slice(0, -limits.perPerson)) {
      removed.add(record)
    }
    return own.slice(-limits.perPerson)
  })
  const together = persons.reduce((sum, { length }) => sum + length, 0)
  for (let over = together - limits.private; over > 0; over--) {
    persons.sort((a, b) => b.length - a.length)
    removed.add(persons[0]!.shift()!)
  }
  return records.filter((record) => !removed.has(record))
}

/**
 * Adds a question to a conversation, if that still exists, and makes it the channel's newest. A
 * private question leaves the order alone, which everyone can see.
 */
export function withTurn(
  record: ChannelRecord,
  conversationId: string,
  { turn, until }: { readonly turn: TurnRecord; readonly until: number },
): ChannelRecord {
  const conversation = record.talks.find(({ id }) => id === conversationId)
  if (!conversation) {
    return record
  }
  const turns = [...conversation.turns.filter(({ id }) => id !== turn.id), turn]
  const keptIds = new Set(withinLimits(turns, TURN_LIMITS).map(({ id }) => id))
  const removed = turns.filter(({ id }) => !keptIds.has(id)).map(({ id }) => id)
  const limitedTurns = removeTurns(turns, new Set(removed))
  const next = { ...conversation, turns: limitedTurns, until }
  return turn.visibleTo !== null && conversation.visibleTo === null
    ? { talks: record.talks.map((other) => (other === conversation ? next : other)) }
    : withConversation(record, next)
}

/** Adds a description to a conversation, if that still exists. */
export function withDescription(
  record: ChannelRecord,
  conversationId: string,
  { text, until }: { readonly text: string; readonly until: number },
): ChannelRecord {
  const conversation = record.talks.find(({ id }) => id === conversationId)
  const descriptions = [...(conversation?.descriptions ?? []), text].slice(-MAX_DESCRIPTIONS)
  return conversation ? withConversation(record, { ...conversation, descriptions, until }) : record
}

/** Adds an answer to a conversation, if that still exists. */
export function withAnswer(
  record: ChannelRecord,
  conversationId: string,
  answer: Conversation['answers'][number],
): ChannelRecord {
  return {
    talks: record.talks.map((conversation) => {
      const answers = [...conversation.answers.filter(({ key }) => key !== answer.key), answer]
      return conversation.id === conversationId
        ? { ...conversation, answers: answers.slice(-MAX_ANSWERS) }
        : conversation
    }),
  }
}

/** The questions and the model's answers up to a turn, oldest first; null or unknown: none. */
export function historyTo(conversation: Conversation, turnId: string | null): Turn[] {
  const byId = new Map(conversation.turns.map((turn) => [turn.id, turn]))
  const history: Turn[] = []
  for (
    let turn = byId.get(turnId ?? '');
    turn && history.length < MAX_TURNS;
    turn = byId.get(turn.parent ?? '')
  ) {
    if (turn.absent !== true) {
      history.unshift({ question: turn.question, answer: turn.answer })
    }
  }
  return history
}

/** Someone's current conversation: the one they used last, else the channel's newest. */
export function currentConversation(
  record: ChannelRecord,
  userId: string,
): Conversation | undefined {
  const own = record.talks.filter((conversation) => isUsedBy(conversation, userId))
  return own.toSorted((a, b) => ownUse(a, userId) - ownUse(b, userId)).at(-1) ?? record.talks.at(-1)
}

/** Whether a person showed the picture or asked about it. */
export function isUsedBy(conversation: Conversation, userId: string): boolean {
  return ownUse(conversation, userId) > 0
}

/** When someone last used a conversation, else when anyone did; in milliseconds since the epoch. */
export function lastUse(conversation: Conversation, userId: string): number {
  return ownUse(conversation, userId) || lastUsedAt(conversation)
}

/** 0: never. */
function ownUse({ at, by, turns }: Conversation, userId: string): number {
  return lastUsedAt({
    at: by === userId ? at : 0,
    turns: turns.filter((turn) => turn.by === userId),
  })
}

/** The turn that someone's next question follows: their own last one, else the newest. */
export function lastTurn(conversation: Conversation, userId: string): string | null {
  return (
    (conversation.turns.findLast(({ by }) => by === userId) ?? conversation.turns.at(-1))?.id ??
    null
  )
}

/** Without the conversations for which `gone` returns true. */
export function withoutConversations(
  record: ChannelRecord,
  gone: (conversation: Conversation) => boolean,
): ChannelRecord {
  const talks = record.talks.filter((conversation) => !gone(conversation))
  return talks.length === record.talks.length ? record : { talks }
}

/** Without one question; those that followed it follow the one before it. */
export function withoutTurn(
  record: ChannelRecord,
  conversationId: string,
  turnId: string,
): ChannelRecord {
  return {
    talks: record.talks.map((conversation) =>
      conversation.id === conversationId
        ? withoutTurns(conversation, new Set([turnId]))
        : conversation,
    ),
  }
}

/** Without a person's questions, and without the conversations that only they used. */
export function withoutUser(record: ChannelRecord, userId: string): ChannelRecord {
  const talks = record.talks.flatMap((conversation) => {
    const ownTurnIds = new Set(
      conversation.turns.filter(({ by }) => by === userId).map(({ id }) => id),
    )
    const rest = withoutTurns(conversation, ownTurnIds)
    if (conversation.by !== userId) {
      return [rest]
    }
    const nextTurn = rest.turns.find((turn) => turn.visibleTo === null)
    if (nextTurn) {
      return [{ ...rest, by: nextTurn.by }]
    }
    // Only private questions remain: a public conversation would reveal that someone asked them.
    const [first] = rest.turns
    const others = rest.turns.filter(({ by }) => by !== first?.by).map(({ id }) => id)
    const own = withoutTurns(rest, new Set(others))
    return first ? [{ ...own, by: first.by, visibleTo: first.by }] : []
  })
  return { talks }
}

/** The parts of a channel's record that belong to a person, for their export. */
export function recordsOf(record: ChannelRecord, userId: string): object[] {
  return visibleTo(record, userId).talks.flatMap((conversation) => {
    const { picture, by, at, until, descriptions } = conversation
    const questions = conversation.turns.filter((turn) => turn.by === userId)
    const isTheirs = by === userId || questions.length > 0 || picture.source?.authorId === userId
    const shownBy = by === userId ? { shownByYou: true, at, descriptions } : {}
    return isTheirs ? [{ kind: 'conversation', picture, until, ...shownBy, questions }] : []
  })
}

/** Everyone whose part of the record `recordsOf` returns. */
export function peopleIn({ talks }: ChannelRecord): ReadonlySet<string> {
  return new Set(
    talks.flatMap(({ by, picture, turns }) => [
      by,
      ...(picture.source?.authorId ? [picture.source.authorId] : []),
      ...turns.map((turn) => turn.by),
    ]),
  )
}

export function countQuestions({ talks }: ChannelRecord): number {
  return talks.reduce((sum, { turns }) => sum + turns.length, 0)
}

function withoutTurns(conversation: Conversation, gone: ReadonlySet<string>): Conversation {
  const answers = conversation.answers.filter(({ turn }) => turn === null || !gone.has(turn))
  return { ...conversation, turns: removeTurns(conversation.turns, gone), answers }
}

function removeTurns(turns: readonly TurnRecord[], gone: ReadonlySet<string>): TurnRecord[] {
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

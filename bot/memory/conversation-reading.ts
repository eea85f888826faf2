/** What a channel's record tells: who may see what, whose it is, and what a question follows. */

import type { Turn } from '../../inference/contract/types.ts'
import { type ChannelRecord, type Conversation, MAX_TURNS, type Reader } from './conversation.ts'
import { withoutTurns } from './conversation-changes.ts'

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

/** What someone's next question follows: their last one there, about as many pictures as that was. */
export function nextQuestion(conversation: Conversation, userId: string) {
  const turn = lastTurn(conversation, userId)
  const together = conversation.turns.find(({ id }) => id === turn)?.together
  const [talk = conversation.id, ...others] = together ?? []
  return {
    talk,
    turn,
    others: others.map((other) => ({ talk: other, turn })),
    together: others.length > 0,
  }
}

/**
 * Where a question about several pictures is listed once: by its id, the id of the first conversation
 * that is among these. Questions about one picture are absent.
 */
export function listedAt(talks: readonly Conversation[]): ReadonlyMap<string, string> {
  const ids = new Set(talks.map(({ id }) => id))
  const questions = talks.flatMap(({ turns }) => turns)
  return new Map(
    questions.flatMap(({ id, together = [] }) => {
      const first = together.find((talk) => ids.has(talk))
      return first === undefined ? [] : [[id, first] as const]
    }),
  )
}

/** The parts of a channel's record that belong to a person, for their export. */
export function recordsOf(record: ChannelRecord, userId: string): object[] {
  const { talks } = visibleTo(record, userId)
  const places = listedAt(talks)
  return talks.flatMap((conversation) => {
    const { id: talk, picture, by, at, until, descriptions, quote } = conversation
    const asked = conversation.turns.filter((turn) => turn.by === userId)
    const questions = asked.filter(({ id }) => (places.get(id) ?? talk) === talk)
    const isTheirs = by === userId || asked.length > 0 || picture.source?.authorId === userId
    const shownBy =
      by === userId ? { shownByYou: true, at, descriptions, ...(quote && { quote }) } : {}
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

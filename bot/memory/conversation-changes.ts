/** Changes of a channel's record: pure functions that return the next record. */

import {
  type ChannelRecord,
  type Conversation,
  MAX_CONVERSATIONS,
  MAX_TURNS,
  type TurnRecord,
} from './conversation.ts'

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

/** Without expired conversations. Returns the same object when nothing has expired. */
export function pruned(record: ChannelRecord, now: number): ChannelRecord {
  const talks = record.talks.filter(({ until }) => until > now)
  return talks.length === record.talks.length ? record : withoutPartial({ talks })
}

/**
 * Without the turns about several pictures of which one is gone: their answers tell of that one too.
 * Returns the same object when there are none.
 */
export function withoutPartial(record: ChannelRecord): ChannelRecord {
  const turnsOf = new Map(
    record.talks.map(({ id, turns }) => [id, new Set(turns.map((turn) => turn.id))]),
  )
  const isWhole = ({ id, together = [] }: TurnRecord) =>
    together.every((talk) => turnsOf.get(talk)?.has(id))
  if (record.talks.every(({ turns }) => turns.every(isWhole))) {
    return record
  }
  return {
    talks: record.talks.map((conversation) => {
      const partial = conversation.turns.filter((turn) => !isWhole(turn)).map(({ id }) => id)
      return partial.length === 0 ? conversation : withoutTurns(conversation, new Set(partial))
    }),
  }
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

/** Without some questions and their answers. */
export function withoutTurns(conversation: Conversation, gone: ReadonlySet<string>): Conversation {
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

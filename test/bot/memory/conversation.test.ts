import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  channelSchema,
  type ChannelRecord,
  EMPTY_CHANNEL,
  MAX_CONVERSATIONS,
  MAX_TURNS,
  type Conversation,
  type TurnRecord,
} from '../../../bot/memory/conversation.ts'
import {
  currentConversation,
  historyTo,
  lastTurn,
  nextQuestion,
  visibleTo,
} from '../../../bot/memory/conversation-reading.ts'
import {
  pruned,
  withoutConversations,
  withoutPartial,
  withoutUser,
  withoutTurn,
  withConversation,
  withTurn,
} from '../../../bot/memory/conversation-changes.ts'

function talk(id: string, by = 'ada', at = 1): Conversation {
  const picture = {
    hash: id,
    key: id,
    name: `${id}.png`,
    spoiler: false,
    url: '',
    size: 1,
    source: null,
  }
  return {
    id,
    picture,
    by,
    visibleTo: null,
    at,
    until: 1000,
    descriptions: [`a ${id}`],
    turns: [],
    answers: [],
  }
}

function turn(id: string, parent: string | null, by = 'ada', at = 1): TurnRecord {
  return { id, parent, question: `${id}?`, answer: `${id}.`, by, visibleTo: null, at }
}

function asked(record: ChannelRecord, talkId: string, ...turns: TurnRecord[]): ChannelRecord {
  return turns.reduce((next, one) => withTurn(next, talkId, { turn: one, until: 1000 }), record)
}

function only(record: ChannelRecord): Conversation {
  assert.equal(record.talks.length, 1)
  return record.talks[0]!
}

const ids = ({ talks }: ChannelRecord) => talks.map(({ id }) => id)

describe('a channel’s record', () => {
  it('keeps the questions of two pictures apart', () => {
    const both = withConversation(withConversation(EMPTY_CHANNEL, talk('cat')), talk('dog'))
    const record = asked(asked(both, 'cat', turn('color', null)), 'dog', turn('size', null))
    const find = (id: string) => record.talks.find((one) => one.id === id)!
    assert.deepEqual(historyTo(find('cat'), 'color'), [{ question: 'color?', answer: 'color.' }])
    assert.deepEqual(historyTo(find('dog'), 'size'), [{ question: 'size?', answer: 'size.' }])
    assert.deepEqual(historyTo(find('dog'), 'color'), [])
  })

  it('follows the line of questions that was replied to, not what others asked meanwhile', () => {
    const record = asked(
      withConversation(EMPTY_CHANNEL, talk('cat')),
      'cat',
      turn('first', null),
      turn('hers', 'first', 'ada'),
      turn('his', 'first', 'lin'),
      turn('hers2', 'hers', 'ada'),
    )
    const line = historyTo(only(record), 'hers2').map(({ question }) => question)
    assert.deepEqual(line, ['first?', 'hers?', 'hers2?'])
  })

  it('knows which picture each person follows', () => {
    const both = withConversation(
      withConversation(EMPTY_CHANNEL, talk('cat', 'ada', 1)),
      talk('dog', 'lin', 2),
    )
    assert.equal(currentConversation(both, 'ada')?.id, 'cat')
    assert.equal(currentConversation(both, 'lin')?.id, 'dog')
    assert.equal(currentConversation(both, 'new here')?.id, 'dog')
    const later = asked(both, 'dog', turn('q', null, 'ada', 5))
    assert.equal(currentConversation(later, 'ada')?.id, 'dog')
    assert.equal(lastTurn(later.talks.at(-1)!, 'ada'), 'q')
  })

  it('is bounded: the pictures longest unused and the oldest questions go', () => {
    let record: ChannelRecord = EMPTY_CHANNEL
    for (let i = 0; i < MAX_CONVERSATIONS; i++) {
      record = withConversation(record, talk(String(i)))
    }
    record = asked(record, '0', turn('used', null))
    record = withConversation(record, talk('one more'))
    assert.equal(record.talks.length, MAX_CONVERSATIONS)
    assert.ok(record.talks.some(({ id }) => id === '0'))
    assert.ok(record.talks.every(({ id }) => id !== '1'))

    let long = withConversation(EMPTY_CHANNEL, talk('cat'))
    for (let i = 0; i <= MAX_TURNS; i++) {
      long = asked(long, 'cat', turn(String(i), i === 0 ? null : String(i - 1)))
    }
    assert.equal(only(long).turns.length, MAX_TURNS)
    assert.equal(historyTo(only(long), String(MAX_TURNS))[0]?.question, '1?')
  })

  it('what is private replaces nothing that is public, nor what is private to others', () => {
    let record = asked(
      withConversation(EMPTY_CHANNEL, { ...talk('kim'), visibleTo: 'kim' }),
      'kim',
      turn('q', null),
    )
    for (let i = 0; i < MAX_CONVERSATIONS; i++) {
      record = withConversation(record, talk(String(i)))
    }
    for (let i = 0; i < 2 * MAX_CONVERSATIONS; i++) {
      record = withConversation(record, { ...talk(`ada ${i}`), visibleTo: 'ada' })
    }
    const visible = (reader: string | null) =>
      record.talks.filter((one) => one.visibleTo === reader).map(({ id }) => id)
    assert.equal(visible(null).length, MAX_CONVERSATIONS)
    assert.deepEqual(visible('kim'), ['kim'])
    assert.equal(visible('ada').length, 10)
    assert.equal(visible('ada').at(-1), `ada ${2 * MAX_CONVERSATIONS - 1}`)
    for (let i = 0; i < 100; i++) {
      const by = `member ${i}`
      record = withConversation(record, { ...talk(by, by), visibleTo: by })
    }
    assert.equal(visible(null).length, MAX_CONVERSATIONS)
    assert.equal(record.talks.length, 2 * MAX_CONVERSATIONS)

    let long = withConversation(EMPTY_CHANNEL, talk('cat'))
    for (let i = 0; i < MAX_TURNS; i++) {
      long = asked(long, 'cat', turn(String(i), i === 0 ? null : String(i - 1)))
    }
    for (let i = 0; i <= MAX_TURNS; i++) {
      long = asked(long, 'cat', { ...turn(`secret ${i}`, '0'), visibleTo: 'ada' })
    }
    const { turns } = only(long)
    assert.equal(turns.filter((one) => one.visibleTo === null).length, MAX_TURNS)
    assert.equal(turns.filter((one) => one.visibleTo === 'ada').length, MAX_TURNS)
  })

  it('forgets each picture at its own time', () => {
    const record = withConversation(
      withConversation(EMPTY_CHANNEL, { ...talk('cat'), until: 10 }),
      talk('dog'),
    )
    assert.equal(pruned(record, 9), record)
    assert.equal(only(pruned(record, 10)).id, 'dog')
  })

  it('closes the gap where a question is taken out', () => {
    const record = asked(
      withConversation(EMPTY_CHANNEL, talk('cat')),
      'cat',
      turn('a', null),
      turn('b', 'a'),
      turn('c', 'b'),
    )
    const line = historyTo(only(withoutTurn(record, 'cat', 'b')), 'c')
    assert.deepEqual(
      line.map(({ question }) => question),
      ['a?', 'c?'],
    )
  })

  it('takes out what was asked about several pictures with the first of these that goes', () => {
    const all: TurnRecord = { ...turn('all', null), together: ['a', 'b'] }
    let record = withConversation(withConversation(EMPTY_CHANNEL, talk('a')), talk('b'))
    record = asked(asked(record, 'a', all), 'b', all, turn('alone', 'all'))
    assert.equal(withoutPartial(record), record)
    assert.deepEqual(nextQuestion(record.talks[0]!, 'ada'), {
      talk: 'a',
      turn: 'all',
      others: [{ talk: 'b', turn: 'all' }],
      together: true,
    })
    const rest = withoutPartial(withoutConversations(record, ({ id }) => id === 'a'))
    assert.deepEqual(
      only(rest).turns.map(({ id, parent }) => [id, parent]),
      [['alone', null]],
    )
    assert.equal(nextQuestion(only(rest), 'ada').together, false)
    const untold = withoutPartial(withoutTurn(record, 'b', 'all'))
    assert.deepEqual(
      untold.talks.flatMap(({ turns }) => turns.map(({ id }) => id)),
      ['alone'],
    )
    const soon = { talks: record.talks.map((one) => (one.id === 'a' ? { ...one, until: 5 } : one)) }
    assert.deepEqual(only(pruned(soon, 6)).turns.length, 1)
  })

  it('takes out a person: their questions, and pictures that nobody else asked about', () => {
    const both = withConversation(
      withConversation(EMPTY_CHANNEL, talk('cat', 'ada')),
      talk('dog', 'ada'),
    )
    const record = asked(
      asked(both, 'cat', turn('hers', null, 'ada')),
      'dog',
      turn('hers', null, 'ada'),
      turn('his', 'hers', 'lin'),
    )
    const left = only(withoutUser(record, 'ada'))
    assert.equal(left.id, 'dog')
    assert.equal(left.by, 'lin')
    assert.deepEqual(
      left.turns.map(({ id, parent }) => [id, parent]),
      [['his', null]],
    )
    assert.ok(!JSON.stringify(left).includes('ada'))
  })

  it('shows a private picture and a private question to one person only', () => {
    const both = withConversation(withConversation(EMPTY_CHANNEL, talk('cat', 'ada', 1)), {
      ...talk('dog', 'ada', 2),
      visibleTo: 'ada',
    })
    const record = asked(
      both,
      'cat',
      turn('first', null, 'lin', 3),
      { ...turn('hers', 'first', 'ada', 5), visibleTo: 'ada' },
      { ...turn('hers2', 'hers', 'ada', 9), visibleTo: 'ada' },
    )
    assert.deepEqual(
      visibleTo(record, 'ada').talks.map(({ id, turns, until }) => [id, turns.length, until]),
      [
        ['dog', 0, 1000],
        ['cat', 3, 1000],
      ],
    )
    for (const reader of ['lin', null]) {
      const cat = only(visibleTo(record, reader))
      assert.deepEqual(
        cat.turns.map(({ id }) => id),
        ['first'],
      )
      assert.equal(lastTurn(cat, 'ada'), 'first')
      assert.deepEqual(historyTo(cat, 'hers2'), [])
      assert.equal(cat.until, 994, 'as if it had last been used at 3')
    }
  })

  it('a private question leaves the order of the pictures alone', () => {
    const both = withConversation(withConversation(EMPTY_CHANNEL, talk('cat')), talk('dog'))
    const private_ = { ...turn('hers', null), visibleTo: 'ada' }
    assert.deepEqual(ids(asked(both, 'cat', private_)), ['cat', 'dog'])
    assert.deepEqual(ids(asked(both, 'cat', turn('hers', null))), ['dog', 'cat'])
  })

  it('leaves a picture to the one whose private questions alone are left', () => {
    const record = asked(
      withConversation(EMPTY_CHANNEL, talk('cat', 'ada')),
      'cat',
      turn('hers', null, 'ada'),
      { ...turn('his', 'hers', 'lin'), visibleTo: 'lin' },
      { ...turn('theirs', 'hers', 'mo'), visibleTo: 'mo' },
    )
    const left = withoutUser(record, 'ada')
    assert.deepEqual(visibleTo(left, 'mo').talks, [])
    assert.deepEqual(
      only(visibleTo(left, 'lin')).turns.map(({ id }) => id),
      ['his'],
    )
  })

  it('takes a record that does not tell who may see it for private', () => {
    const { visibleTo: _, ...old } = { ...talk('cat'), turns: [] }
    const { visibleTo: __, ...oldTurn } = turn('q', null, 'lin')
    const record = channelSchema.parse({ talks: [{ ...old, turns: [oldTurn] }] })
    assert.deepEqual(visibleTo(record, null).talks, [])
    assert.deepEqual(visibleTo(record, 'lin').talks, [])
    assert.deepEqual(only(visibleTo(record, 'ada')).turns, [])
  })
})

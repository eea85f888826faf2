import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InputError } from '../../../../config/errors.ts'
import {
  chatText,
  INSTRUCTIONS,
  prepareChat,
} from '../../../../inference/families/common/chat-prompts.ts'
import type { KeyedImage } from '../../../../inference/families/common/runner.ts'
import type { TextPiece } from '../../../../inference/text/prompt.ts'

const IMAGE = 9
const CARD = {
  prompts: {
    ...INSTRUCTIONS,
    caption: 'c',
    opening: 'U<image>',
    answer: 'A',
    next: 'N',
    generationPrompt: 'R',
  },
  tokens: { image: IMAGE },
  dimensions: { maxPositions: 40 },
}
const ONE = { count: 1, tokens: 4 }
const HISTORY = [
  { question: 'first', answer: 'one' },
  { question: 'second', answer: 'two' },
]

/** An id a character; the placeholder only where it is a format's. */
function encode(text: string | readonly TextPiece[]): number[] {
  const pieces = typeof text === 'string' ? [{ text, isFormat: true }] : text
  return pieces.flatMap((piece) => {
    const words = piece.isFormat ? piece.text.split(/(<image>)/) : [piece.text]
    return words.flatMap((word, i) =>
      i % 2 === 1 ? [IMAGE] : Array.from(word, (character) => 100 + character.codePointAt(0)!),
    )
  })
}

function ask(maxNewTokens: number) {
  const prompt = { kind: 'ask', question: 'q', history: HISTORY } as const
  return prepareChat(CARD, encode, prompt, ONE, maxNewTokens)
}

function tokens(rows: number) {
  return { data: new Float32Array(rows), shape: [rows, 1] as const }
}

/** Of a picture whose tokens alone stand for it. */
function place(image: KeyedImage | null) {
  return { text: '<image>', images: image === null ? [] : [image] }
}

describe('chatText', () => {
  it('writes turns one after the other', () => {
    assert.equal(chatText(CARD, ' q ', HISTORY), 'U<image>firstAoneNsecondAtwoNqR')
  })

  it('takes apart what looks like a special token in what people wrote', () => {
    const text = chatText(CARD, 'a </s> <image> <|end|> 1 < 2')
    assert.equal(text, 'U<image>a < /s> < image> < |end|> 1 < 2R')
  })
})

describe('prepareChat', () => {
  it('puts the picture where its placeholder is, and counts it by its tokens', () => {
    const prepared = prepareChat(CARD, encode, { kind: 'raw', text: 'ab<image>c' }, ONE, 8)
    assert.equal(prepared.room, 40 - 3 - 4)
    const { segments, ids } = prepared.layOut([{ key: 'k', tokens: tokens(4) }])
    assert.deepEqual(
      segments.map((segment) => (segment.kind === 'ids' ? segment.ids : segment.kind)),
      [[197, 198], 'image', [199]],
    )
    assert.deepEqual(ids, [197, 198, IMAGE, IMAGE, IMAGE, IMAGE, 199])
  })

  it('lays out several pictures', () => {
    const two = { count: 2, tokens: 3 }
    const prompt = { kind: 'raw', text: '<image><image>x<image>'.slice(0, 15) } as const
    const prepared = prepareChat(CARD, encode, prompt, two, 8)
    const { segments } = prepared.layOut([
      { key: 'a', tokens: tokens(3) },
      { key: 'b', tokens: tokens(3) },
    ])
    assert.deepEqual(
      segments.map((segment) => (segment.kind === 'image' ? segment.key : segment.kind)),
      ['a', 'b', 'ids'],
    )
  })

  it('says so where pictures leave too little room, once it is known how large they are', () => {
    const pictures = { ...ONE, place }
    const prompt = { kind: 'raw', text: `<image>${'x'.repeat(10)}` } as const
    const prepared = prepareChat(CARD, encode, prompt, pictures, 8)
    assert.equal(prepared.layOut([{ key: 'k', tokens: tokens(29) }]).ids.length, 39)
    for (const size of [30, 41, 1000]) {
      assert.throws(() => prepared.layOut([{ key: 'k', tokens: tokens(size) }]), {
        code: 'image/no-room',
        params: { pictures: 1, tokens: size, maxTokens: 40 },
      })
    }
    const [many, long] = [
      { count: 1, tokens: 30 },
      { kind: 'raw', text: `<image>${'x'.repeat(36)}` } as const,
    ]
    assert.throws(() => prepareChat(CARD, encode, prompt, many, 8), { code: 'image/no-room' })
    assert.throws(() => prepareChat(CARD, encode, long, ONE, 8), { code: 'text/too-long' })
  })

  it('refuses another number of places than pictures, whatever people write', () => {
    for (const [text, places] of [
      ['none', 0],
      ['<image><image>', 2],
    ] as const) {
      assert.throws(
        () => prepareChat(CARD, encode, { kind: 'raw', text }, ONE, 8),
        (error) => {
          assert.ok(error instanceof InputError)
          assert.equal(error.code, 'text/picture-places')
          assert.deepEqual(error.params, { places, pictures: 1 })
          return true
        },
      )
    }
    const asked = { kind: 'ask', question: '<image>?', history: [] } as const
    assert.equal(prepareChat(CARD, encode, asked, ONE, 8).text, 'U<image><image>?R')
  })

  it('leaves out the oldest turns where the answer would have no room', () => {
    assert.equal(ask(1).text, 'U<image>firstAoneNsecondAtwoNqR')
    assert.equal(ask(16).text, 'U<image>secondAtwoNqR')
    assert.equal(ask(400).text, 'U<image>secondAtwoNqR')
  })

  it('puts a system text before all where the format has a place, and counts it', () => {
    const system = { systemBefore: 'S', systemOpening: 'E<image>' }
    const placed = { ...CARD, prompts: { ...CARD.prompts, ...system } }
    const say = (card: typeof CARD, maxNewTokens: number, told = ' brief ') => {
      const prompt = { kind: 'ask', question: 'q', history: HISTORY, system: told } as const
      return prepareChat(card, encode, prompt, ONE, maxNewTokens).text
    }
    assert.equal(say(placed, 1), 'SbriefE<image>firstAoneNsecondAtwoNqR')
    assert.equal(say(placed, 10), 'SbriefE<image>secondAtwoNqR')
    assert.equal(say(CARD, 10), 'U<image>firstAoneNsecondAtwoNqR')
    assert.equal(say(placed, 10, ' '), 'U<image>firstAoneNsecondAtwoNqR')
    const described = { kind: 'describe', system: '<image>' } as const
    const prepared = prepareChat(placed, encode, described, ONE, 8)
    assert.equal(prepared.text, 'S<image>E<image>cR')
    const empty = { ...placed, prompts: { ...placed.prompts, systemBefore: '' } }
    assert.equal(prepareChat(empty, encode, described, ONE, 8).text, '<image>E<image>cR')
  })

  it('asks for a description by the card, or by the whole prompt that it is given', () => {
    assert.equal(prepareChat(CARD, encode, { kind: 'describe' }, ONE, 8).text, 'U<image>cR')
    const own = { kind: 'describe', text: '<image>!' } as const
    assert.equal(prepareChat(CARD, encode, own, ONE, 8).text, '<image>!')
  })
})

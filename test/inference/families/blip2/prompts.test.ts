import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InputError } from '../../../../config/errors.ts'
import { blip2CardSchema } from '../../../../inference/families/blip2/card.ts'
import {
  encodePrompt,
  preparePrompt,
  questionText,
} from '../../../../inference/families/blip2/prompts.ts'
import type { Turn } from '../../../../inference/text/prompt.ts'
import { openPackage } from '../../../../inference/package/open-package.ts'
import { packageFor } from '../../../helpers/packages.ts'

const card = blip2CardSchema.parse((await openPackage(await packageFor('base'))).card) // 96 positions, 4 for the picture

/** One id a character, BOS first. */
const encode = (text: string) => [2, ...Array.from(text, (character) => character.charCodeAt(0))]

const decode = (ids: readonly number[]) => String.fromCharCode(...ids.slice(1))

/** The ids of a question after one picture. */
function encodeQuestion(question: string, history: readonly Turn[], room: number, own = card) {
  return encodePrompt(own, encode, { kind: 'ask', question, history }, 1, room).ids
}

/** The ids of a raw prompt after one picture. */
function encodeRaw(text: string, toIds = encode) {
  return encodePrompt(card, toIds, { kind: 'raw', text }, 1, 0).ids
}

const turn = (name: string) => ({ question: `${name}?`, answer: name })

describe('questionText', () => {
  it('is the question alone at first', () => {
    assert.equal(questionText(card, ' what is it? '), 'Question: what is it? Answer:')
  })

  it('tells the turns before it, oldest first', () => {
    assert.equal(
      questionText(card, 'c?', [turn('a'), turn('b')]),
      'Context: Question: a? Answer: a Question: b? Answer: b Question: c? Answer:',
    )
  })

  it('leaves what a person types as it is', () => {
    const question = "what is {answer} or $& or {question}? $'"
    assert.equal(questionText(card, question), `Question: ${question} Answer:`)
  })
})

describe('encodeQuestion', () => {
  it('keeps as many of the last turns as fit beside the answer', () => {
    // BOS, "Context: " 9, "Question: x? Answer: x " 23, "Question: c? Answer:" 20; 92 in all.
    const history = [turn('a'), turn('b')]
    const ask = (room: number) => decode(encodeQuestion('c?', history, room))
    assert.equal(ask(16), questionText(card, 'c?', history))
    assert.equal(ask(17), questionText(card, 'c?', history.slice(1)))
    assert.equal(ask(39), questionText(card, 'c?', history.slice(1)))
    assert.equal(ask(40), questionText(card, 'c?'))
    assert.equal(ask(1000), questionText(card, 'c?'))
  })

  it('keeps the conversation when the longest answer would take all the room', () => {
    const dimensions = { ...card.dimensions, maxPositions: 204 }
    const ids = encodeQuestion('c?', [turn('a'), turn('b')], 190, { ...card, dimensions })
    assert.equal(decode(ids), questionText(card, 'c?', [turn('a'), turn('b')]))
  })

  it('refuses an empty question', () => {
    assert.throws(() => encodeQuestion(' \n', [], 1), InputError)
  })
})

describe('encodePrompt', () => {
  it('leaves room for one token at least', () => {
    assert.equal(encodeRaw('x'.repeat(90)).length, 91)
    assert.throws(() => encodeRaw('x'.repeat(91)), {
      code: 'text/too-long',
      params: { length: 92, unit: 'tokens', maxTokens: 91 },
    })
  })

  it('refuses very long text without encoding it', () => {
    let encoded = 0
    const count = (text: string) => [(encoded += text.length)]
    assert.throws(() => encodeRaw('x'.repeat(20_000), count), {
      params: { length: 20_000, unit: 'characters', maxTokens: 91 },
    })
    assert.equal(encoded, 0)
  })
})

/** An image of no particular tokens, float32 [4, 32]. */
const image = (key: string) => ({
  key,
  tokens: { data: new Float32Array(4 * 32), shape: [4, 32] as const },
})
/** A raw prompt after `images` images. */
const prepare = (text: string, images: number) =>
  preparePrompt(card, encode, { kind: 'raw', text }, images, 1)

describe('preparePrompt', () => {
  it('puts every image before the text, and a placeholder for each of its tokens in the ids', () => {
    const images = [image('a'), image('b')]
    const { segments, ids } = prepare('x', 2).layOut(images)
    assert.deepEqual(segments, [
      { kind: 'image', ...images[0] },
      { kind: 'image', ...images[1] },
      { kind: 'ids', ids: [2, 120] },
    ])
    const placeholders = Array.from({ length: 8 }, () => card.tokens.image)
    assert.deepEqual(ids, [...placeholders, 2, 120])
  })

  it('takes the positions of every image from the text and the answer', () => {
    assert.equal(prepare('x'.repeat(86), 1).room, 96 - 4 - 87)
    assert.equal(prepare('x'.repeat(86), 2).room, 96 - 8 - 87)
    assert.throws(() => prepare('x'.repeat(87), 2), {
      params: { length: 88, unit: 'tokens', maxTokens: 87 },
    })
  })
})

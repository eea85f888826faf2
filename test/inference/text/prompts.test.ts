import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InputError } from '../../../config/errors.ts'
import { encodePrompt, encodeQuestion, questionPrompt } from '../../../inference/text/prompts.ts'
import { openPackage } from '../../../inference/package/open-package.ts'
import { packageFor } from '../../helpers/packages.ts'

const { card } = await openPackage(await packageFor('base')) // 96 positions, 4 for the picture

/** One id a character, BOS first. */
const encode = (text: string) => [2, ...Array.from(text, (character) => character.charCodeAt(0))]

const decode = (ids: readonly number[]) => String.fromCharCode(...ids.slice(1))

const turn = (name: string) => ({ question: `${name}?`, answer: name })

describe('questionPrompt', () => {
  it('is the question alone at first', () => {
    assert.equal(questionPrompt(card, ' what is it? '), 'Question: what is it? Answer:')
  })

  it('tells the turns before it, oldest first', () => {
    assert.equal(
      questionPrompt(card, 'c?', [turn('a'), turn('b')]),
      'Context: Question: a? Answer: a Question: b? Answer: b Question: c? Answer:',
    )
  })

  it('leaves what a person types as it is', () => {
    const question = "what is {answer} or $& or {question}? $'"
    assert.equal(questionPrompt(card, question), `Question: ${question} Answer:`)
  })
})

describe('encodeQuestion', () => {
  it('keeps as many of the last turns as fit beside the answer', () => {
    // BOS, "Context: " 9, "Question: x? Answer: x " 23, "Question: c? Answer:" 20; 92 in all.
    const history = [turn('a'), turn('b')]
    const ask = (room: number) => decode(encodeQuestion(card, 'c?', history, encode, room))
    assert.equal(ask(16), questionPrompt(card, 'c?', history))
    assert.equal(ask(17), questionPrompt(card, 'c?', history.slice(1)))
    assert.equal(ask(39), questionPrompt(card, 'c?', history.slice(1)))
    assert.equal(ask(40), questionPrompt(card, 'c?'))
    assert.equal(ask(1000), questionPrompt(card, 'c?'))
  })

  it('keeps the conversation when the longest answer would take all the room', () => {
    const dimensions = { ...card.dimensions, maxPositions: 204 }
    const ids = encodeQuestion({ ...card, dimensions }, 'c?', [turn('a'), turn('b')], encode, 190)
    assert.equal(decode(ids), questionPrompt(card, 'c?', [turn('a'), turn('b')]))
  })

  it('refuses an empty question', () => {
    assert.throws(() => encodeQuestion(card, ' \n', [], encode, 1), InputError)
  })
})

describe('encodePrompt', () => {
  it('leaves room for one token at least', () => {
    assert.equal(encodePrompt(card, 'x'.repeat(90), encode).length, 91)
    assert.throws(() => encodePrompt(card, 'x'.repeat(91), encode), {
      code: 'text/too-long',
      params: { length: 92, unit: 'tokens', maxTokens: 91 },
    })
  })

  it('refuses very long text without encoding it', () => {
    let encoded = 0
    const count = (text: string) => [(encoded += text.length)]
    assert.throws(() => encodePrompt(card, 'x'.repeat(20_000), count), {
      params: { length: 20_000, unit: 'characters', maxTokens: 91 },
    })
    assert.equal(encoded, 0)
  })
})

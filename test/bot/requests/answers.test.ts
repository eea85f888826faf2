/** What is judged before an answer may grow: no text is shown that a later verdict takes back. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { answerQuestion, answerTogether } from '../../../bot/requests/answers.ts'
import { describePicture } from '../../../bot/requests/captions.ts'
import { EN } from '../../../commands/i18n/en.ts'
import { hasCode, InputError } from '../../../config/errors.ts'
import { findModel } from '../../../config/models.ts'
import type {
  Answer,
  ImageSource,
  Model,
  StreamOptions,
} from '../../../inference/contract/types.ts'
import type { Verdict } from '../../../inference/domain/judgment.ts'
import { createModel } from '../../../inference/model.ts'
import { openPackage } from '../../../inference/package/open-package.ts'

const { card: demo } = await openPackage(findModel('demo'))
const { domain: _, questions: __, ...general } = demo

const OUTSIDE = 'outside'

function picture(key: string): ImageSource {
  return { key, bytes: async () => new Uint8Array() }
}

const TIMINGS = {
  preprocessMs: 0,
  visionMs: 0,
  bridgeMs: 0,
  prefillMs: 0,
  decodeMs: 0,
  tokens: 1,
}

/** An answer, of which each letter is a step. */
async function said(
  text: string,
  verdict: Verdict,
  { onStep }: StreamOptions = {},
): Promise<Answer> {
  for (let length = 1; length <= text.length; length++) {
    onStep?.({ tokenId: length, text: text.slice(0, length) })
  }
  const judgment = { distance: null, confidence: null, verdict }
  return {
    text,
    tokenIds: [],
    finish: 'stop',
    reused: 0,
    promptTokens: 1,
    judgment,
    timings: TIMINGS,
  }
}

/** A model that does not know pictures with the key `outside`, and what it was asked. */
function fakeModel(card: Model['card'], { isThere = true, isTooLong = false } = {}) {
  const calls: string[] = []
  const asleep = createModel({
    card,
    submit: () => Promise.reject(new Error('nothing else was to be asked')),
    forget: async () => {},
    stats: () => null,
    close: async () => {},
  })
  const model: Model = {
    ...asleep,
    describe: async (image, options) => {
      const key = 'key' in image ? image.key : ''
      calls.push(`describe ${key}`)
      return said('a red star', key === OUTSIDE ? 'outside' : 'inside', options)
    },
    score: async (_, { answers }) => {
      calls.push('score')
      const probability = isThere ? 0.9 : 0.1
      return answers.map((answer) => ({
        answer,
        probability,
        logLikelihood: Math.log(probability),
      }))
    },
    ask: async (_, question, options) => {
      calls.push(`ask ${question}${options?.maxNewTokens === 1 ? ' for a token' : ''}`)
      if (isTooLong) {
        throw new InputError('text/too-long', { length: 900, unit: 'tokens', maxTokens: 64 })
      }
      return said('blue', 'inside', options)
    },
  }
  return { model, calls }
}

/** What is shown of an answer as it grows. */
function following() {
  const shown: string[] = []
  const about = {
    history: [],
    caption: '',
    text: EN,
    options: {},
    inLanguage: '',
    growth: { onStep: ({ text }: { text: string }) => void shown.push(text) },
  }
  return { shown, about }
}

const GROWN = ['b', 'bl', 'blu', 'blue']
const COLOR = 'what color is the cross?'
const isOutside = (error: unknown) => hasCode(error, 'image/outside-domain')

describe('answerQuestion', () => {
  it('judges the picture and what is asked about, then lets the answer grow', async () => {
    const { model, calls } = fakeModel(demo)
    const { shown, about } = following()
    const given = await answerQuestion(model, picture('a'), { ...about, question: COLOR })
    assert.deepEqual(calls, ['describe a', 'score', `ask ${COLOR}`])
    assert.equal(given.answer, 'blue')
    assert.deepEqual(shown, GROWN)
  })

  it('judges nothing again that the conversation knows', async () => {
    const { model, calls } = fakeModel(demo)
    const { shown, about } = following()
    const caption = 'a blue cross'
    await answerQuestion(model, picture('a'), { ...about, caption, question: COLOR })
    assert.deepEqual(calls, [`ask ${COLOR}`])
    assert.deepEqual(shown, GROWN)
  })

  it('lets the answer of a model of any pictures grow at once', async () => {
    const { model, calls } = fakeModel(general)
    const { shown, about } = following()
    await answerQuestion(model, picture('a'), { ...about, question: 'is there a dragon?' })
    assert.deepEqual(calls, ['ask is there a dragon?'])
    assert.deepEqual(shown, GROWN)
  })

  it('asks and shows nothing about a picture that the model does not know', async () => {
    const { model, calls } = fakeModel(demo)
    const { shown, about } = following()
    const asked = answerQuestion(model, picture(OUTSIDE), { ...about, question: COLOR })
    await assert.rejects(asked, isOutside)
    assert.deepEqual([calls, shown], [['describe outside'], []])
  })

  it('shows nothing about a thing that is not there, or in words it does not know', async () => {
    const absent = fakeModel(demo, { isThere: false })
    const { shown, about } = following()
    const first = await answerQuestion(absent.model, picture('a'), { ...about, question: COLOR })
    assert.equal(first.answer, EN.answer.notThere('cross'))
    assert.deepEqual(absent.calls, ['describe a', 'score'])

    const { model, calls } = fakeModel(demo)
    const question = 'is there a dragon?'
    const second = await answerQuestion(model, picture('a'), { ...about, question })
    assert.equal(second.answer, EN.answer.unknownWords(['dragon']))
    assert.deepEqual(calls, ['describe a', `ask ${question} for a token`])
    assert.deepEqual(shown, [])

    const long = fakeModel(demo, { isTooLong: true })
    await assert.rejects(
      answerQuestion(long.model, picture('a'), { ...about, question }),
      (error: unknown) => hasCode(error, 'text/too-long'),
    )
  })
})

describe('answerTogether', () => {
  const WHICH = 'which picture has more stars?'

  it('judges each picture, then lets the answer grow', async () => {
    const { model, calls } = fakeModel(demo)
    const { shown, about } = following()
    const pair = [picture('a'), picture('b')]
    const { answer } = await answerTogether(model, pair, { ...about, question: 'how many?' })
    assert.deepEqual(calls, ['describe a', 'describe b', 'ask how many?'])
    assert.equal(answer, 'blue')
    assert.deepEqual(shown, GROWN)
  })

  it('shows nothing where the model does not know one of them, or a word', async () => {
    const { model, calls } = fakeModel(demo)
    const { shown, about } = following()
    const pair = [picture('a'), picture(OUTSIDE)]
    await assert.rejects(answerTogether(model, pair, { ...about, question: WHICH }), isOutside)
    const known = [picture('a'), picture('b')]
    const question = 'which one is a dragon?'
    const { absent } = await answerTogether(model, known, { ...about, question })
    assert.ok(absent)
    assert.deepEqual(
      calls.filter((call) => call.startsWith('ask')),
      [`ask ${question} for a token`],
    )
    assert.deepEqual(shown, [])
  })
})

describe('describePicture', () => {
  it('grows only with a model of any pictures: others judge the picture by the description', async () => {
    for (const [card, texts] of [
      [general, 'a red star'.length],
      [demo, 0],
    ] as const) {
      const { model } = fakeModel(card)
      const { shown, about } = following()
      await describePicture(model, picture('a'), { ...about, style: 'caption' })
      assert.equal(shown.length, texts)
    }
  })
})

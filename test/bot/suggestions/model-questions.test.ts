import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isNoAnswer, questionsIn } from '../../../bot/suggestions/model-questions.ts'
import { suggestQuestions } from '../../../bot/suggestions/suggestions.ts'
import type { Answer } from '../../../inference/contract/types.ts'
import { openPackage } from '../../../inference/package/open-package.ts'
import { packageFor } from '../../helpers/packages.ts'

const WRITTEN = '1. What is the dog doing?\n2) Who owns it? Where is it?\n- What is the dog doing?'
const ABOUT_WORDS = '\n3. What does the sign say?'
const ANSWERS: Readonly<Record<string, string>> = {
  'What is the dog doing?': 'It sleeps on a sofa.',
  'Who owns it?': 'It is not possible to tell from the picture.',
  'Where is it?': 'In a living room.',
}
const IN_CHINESE = ' Answer in Chinese.'

function answer(text: string): Answer {
  const timings = {
    preprocessMs: 0,
    visionMs: 0,
    bridgeMs: 0,
    prefillMs: 0,
    decodeMs: 0,
    tokens: 1,
  }
  const judgment = { distance: null, confidence: null, verdict: 'inside' } as const
  return { text, tokenIds: [], finish: 'stop', reused: 0, promptTokens: 1, judgment, timings }
}

describe('questions that a model writes', () => {
  it('are taken out of its text, each once', () => {
    const questions = ['What is the dog doing?', 'Who owns it?', 'Where is it?']
    assert.deepEqual(questionsIn(WRITTEN), questions)
    assert.deepEqual(questionsIn(`1. ??\nA dog.\n${'long '.repeat(30)}?`), [])
    assert.deepEqual(questionsIn('图里有什么？天气怎么样？'), ['图里有什么？', '天气怎么样？'])
  })

  it('are suggested where it answers them, and were not asked', async () => {
    const { card } = await openPackage(await packageFor('llava-qwen3'))
    assert.ok(card.family === 'llava')
    const told: string[] = []
    const shown: unknown[] = []
    const model = {
      card: { ...card, prompts: { ...card.prompts, questions: 'Ask three things.' } },
      ask: async (image: unknown, question: string) => {
        told.push(question)
        shown.push(image)
        return answer(
          ANSWERS[question.replace(/^These .* order\. /, '').replace(IN_CHINESE, '')] ??
            WRITTEN + ABOUT_WORDS,
        )
      },
      score: async () => [{ answer: '', logLikelihood: -1, probability: 1 }],
    }
    const situation = { caption: 'a dog', history: [], asked: ['where is it'] }
    const about = { situation, count: 3, inLanguage: IN_CHINESE }
    const suggested = await suggestQuestions(model, new Uint8Array(1), about)
    assert.deepEqual(
      suggested.map(({ question }) => question),
      ['What is the dog doing?'],
    )
    // Each is tried as it will be asked.
    assert.deepEqual(told, [
      'Ask three things. Answer in Chinese.',
      'What is the dog doing? Answer in Chinese.',
      'Who owns it? Answer in Chinese.',
    ])

    // A moving picture is seen as when it is asked about.
    const still = { key: 'still', bytes: async () => new Uint8Array(1) }
    const frames = [0, 1].map((index) => ({ ...still, key: `frame ${index}` }))
    await suggestQuestions(model, { ...still, frames, total: 2 }, about)
    assert.deepEqual(shown.slice(3), [frames, frames, frames])
    assert.match(
      told[4]!,
      /frames of one moving picture.* What is the dog doing\? Answer in Chinese/,
    )
  })
})

describe('isNoAnswer', () => {
  it('knows answers that say that the picture does not tell', () => {
    for (const text of [
      'I cannot tell.',
      'That is unclear',
      'It is not visible.',
      '无法确定。',
      'What?',
    ]) {
      assert.ok(isNoAnswer(text), text)
    }
    for (const text of ['A red car.', 'No.', 'Two cats']) {
      assert.ok(!isNoAnswer(text), text)
    }
  })
})

/**
 * Time to the first token of a conversation's second and fifth question: with what earlier requests
 * left (image tokens; keys and values), without, and as the reference does it, in turn. The last
 * two run the picture and the whole conversation for every question.
 */

import { parseArgs } from 'node:util'
import { openModel } from '../../inference/model.ts'
import type { Model } from '../../inference/contract/types.ts'
import { type Bar, writeChart } from '../report/bar-chart.ts'
import { alternate, inWords, type Spread, spread } from '../report/compare.ts'
import {
  FULL_SIZE_OPTIONS,
  fullSizeCheckpoint,
  fullSizePackage,
  noisePicture,
} from './full-size-package.ts'
import { type Reference, startReference } from './reference.ts'
import { writeResults } from '../report/results.ts'
import { formatTable } from '../report/tally.ts'

/** Text ids of a question and of an answer. */
const QUESTION_TOKENS = 10
const ANSWER_TOKENS = 8
const QUESTIONS = 5
const MEASURED = [2, 5]

export async function runFollowUpBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      ...FULL_SIZE_OPTIONS,
      python: { type: 'string', default: 'python3' },
      reference: { type: 'boolean', default: true },
    },
  })
  const folder = await fullSizePackage(values.work, 'int4')
  const reference = values.reference
    ? await startReference(values.python, await fullSizeCheckpoint(values.work), 'bfloat16')
    : null
  const cached = await openModel(folder)
  const uncached = await openModel(folder, { conversationBytes: 0, imageCacheBytes: 0 })
  try {
    report(
      await alternate<Side, number[]>(Number(values.rounds), {
        cached: () => converse(cached),
        recomputed: () => converse(uncached),
        transformers: () => (reference === null ? Promise.resolve([]) : recite(reference)),
      }),
    )
  } finally {
    reference?.close()
    await cached.close()
    await uncached.close()
  }
}

type Side = 'cached' | 'recomputed' | 'transformers'

/** @param measured milliseconds of each question of each conversation; none of a side left out. */
function report(measured: Readonly<Record<Side, readonly (readonly number[])[]>>): void {
  const of = (side: Side, question: number): Spread | null =>
    measured[side][0]?.length === 0
      ? null
      : spread(measured[side].map((times) => times[question - 1]!))
  const rows = MEASURED.map((question) => {
    const cached = of('cached', question)!
    const others = (['recomputed', 'transformers'] as const).flatMap((side) => {
      const times = of(side, question)
      return times === null ? [] : [{ side, times, ratio: times.median / cached.median }]
    })
    return { question, cached, others }
  })
  const names = { recomputed: 'recomputed', transformers: 'transformers, bfloat16' }
  const head = rows[0]!.others.flatMap(({ side }) => [names[side], 'faster'])
  process.stdout.write(
    formatTable([
      ['time to first token', 'cached', ...head],
      ...rows.map(({ question, cached, others }) => [
        `question ${question}`,
        inWords(cached, 'ms', 0),
        ...others.flatMap(({ times, ratio }) => [inWords(times, 'ms', 0), `${ratio.toFixed(1)} ×`]),
      ]),
    ]),
  )
  writeResults('follow-up', { questionTokens: QUESTION_TOKENS, answerTokens: ANSWER_TOKENS, rows })
  writeChart('follow-up', {
    title: 'Follow-up: time to the first token',
    unit: 'ms',
    bars: rows.flatMap(({ question, cached, others }) => [
      bar(`question ${question}, cached`, cached, 0),
      ...others.map(({ side, times }) => bar(`question ${question}, ${names[side]}`, times, 1)),
    ]),
  })
}

function bar(label: string, { median: value, low, high }: Spread, kind: number): Bar {
  return { label, value, low, high, kind }
}

/** @returns milliseconds that the reference takes to the first token of each question. */
async function recite(reference: Reference): Promise<number[]> {
  const times: number[] = []
  for (let question = 1; question <= QUESTIONS; question++) {
    const text = 1 + question * QUESTION_TOKENS + (question - 1) * ANSWER_TOKENS
    times.push(MEASURED.includes(question) ? (await reference.run(text, 1)).firstTokenMs : NaN)
  }
  return times
}

let conversations = 0

/** @returns milliseconds to the first token of each question of a new conversation. */
async function converse(model: Model): Promise<number[]> {
  const picture = await noisePicture(640, 480, ++conversations)
  const times: number[] = []
  let prompt = ''
  for (let question = 1; question <= QUESTIONS; question++) {
    prompt += words(question, QUESTION_TOKENS)
    const start = performance.now()
    let first = 0
    const { text } = await model.describe(picture, {
      prompt,
      beams: 1,
      minNewTokens: ANSWER_TOKENS,
      maxNewTokens: ANSWER_TOKENS,
      onStep: () => {
        first ||= performance.now() - start
      },
    })
    times.push(first)
    prompt += ` ${text}`
  }
  return times
}

/** Text of so many tokens: every number of the synthetic vocabulary is one. */
function words(seed: number, count: number): string {
  return Array.from({ length: count }, (_, i) => ` ${100 + ((seed * 37 + i * 11) % 900)}`).join('')
}

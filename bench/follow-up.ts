/**
 * Time to the first token of a conversation's second and fifth question, with what earlier
 * requests left (image tokens; keys and values) and without, in turn. Without is what the
 * reference code does: every question runs the picture and the whole prompt.
 */

import { parseArgs } from 'node:util'
import { openModel } from '../inference/model.ts'
import type { Model } from '../inference/types.ts'
import { writeChart } from './bar-chart.ts'
import { alternate, inWords, spread } from './compare.ts'
import { FULL_SIZE_OPTIONS, fullSizePackage, noisePicture } from './full-size.ts'
import { writeResults } from './results.ts'
import { formatTable } from './tally.ts'

/** Text ids of a question and of an answer. */
const QUESTION_TOKENS = 10
const ANSWER_TOKENS = 8
const QUESTIONS = 5
const MEASURED = [2, 5]

export async function runFollowUpBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: FULL_SIZE_OPTIONS })
  const folder = await fullSizePackage(values.work, 'int4')
  const entries = new Map<string, Uint8Array>()
  const kept = await openModel(folder, {
    imageTokens: {
      get: async (key) => entries.get(key),
      set: async (key, value) => entries.set(key, value),
    },
  })
  const anew = await openModel(folder, { conversationBytes: 0 })
  try {
    const measured = await alternate(Number(values.rounds), {
      kept: () => converse(kept),
      anew: () => converse(anew),
    })
    const rows = MEASURED.map((question) => {
      const of = (conversations: readonly (readonly number[])[]) =>
        spread(conversations.map((times) => times[question - 1]!))
      const [withKept, without] = [of(measured.kept), of(measured.anew)]
      return { question, kept: withKept, anew: without, ratio: without.median / withKept.median }
    })
    process.stdout.write(
      formatTable([
        ['time to first token', 'kept', 'recomputed', 'faster'],
        ...rows.map(({ question, kept: ours, anew: theirs, ratio }) => [
          `question ${question}`,
          inWords(ours, 'ms', 0),
          inWords(theirs, 'ms', 0),
          `${ratio.toFixed(1)} ×`,
        ]),
      ]),
    )
    writeResults('follow-up', {
      questionTokens: QUESTION_TOKENS,
      answerTokens: ANSWER_TOKENS,
      rows,
    })
    writeChart('follow-up', {
      title: 'Follow-up: time to the first token',
      unit: 'ms',
      bars: rows.flatMap(({ question, kept: ours, anew: theirs }) => [
        { label: `question ${question}, kept`, value: ours.median, low: ours.low, high: ours.high },
        {
          label: `question ${question}, recomputed`,
          value: theirs.median,
          low: theirs.low,
          high: theirs.high,
          kind: 1,
        },
      ]),
    })
  } finally {
    await kept.close()
    await anew.close()
  }
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

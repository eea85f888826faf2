/**
 * Talks about a picture on a provider: PACKAGE IMAGE PROVIDER. Prints one JSON object of the type
 * Talk. A process of its own, since where a driver is found is settled at a process's start.
 */

import { readFileSync } from 'node:fs'
import { PROVIDERS } from '../../config/environment.ts'
import { openModel } from '../../inference/model.ts'
import type { Model, Turn } from '../../inference/types.ts'

export type Talk = {
  /** Image tokens of the picture. */
  readonly tokens: number[]
  /** Ids of requests that came at once, that joined and left one another. */
  readonly atOnce: (readonly number[])[]
  /** Ids of a conversation's answers, first plainly, then with beams. */
  readonly answers: (readonly number[])[]
  /** What was kept of earlier requests and used again, in positions, by each answer. */
  readonly reused: number[]
  readonly texts: string[]
}

const QUESTIONS = ['what color is the star?', 'and the circle?', 'what is to the left of it?']

const [folder = '', image = '', name] = process.argv.slice(2)
const provider = PROVIDERS.find((known) => known === name)
if (!provider) {
  throw new RangeError(`expected a provider, got ${name}`)
}
const model = await openModel(folder, { provider, threads: 1 })
const picture = new Uint8Array(readFileSync(image))
const { data } = await model.embedImage(picture)
const atOnce = await manyAtOnce(model)
const talk: Talk = { tokens: Array.from(data), atOnce, ...(await conversation(model)) }
await model.close()
process.stdout.write(JSON.stringify(talk))

async function manyAtOnce(model: Model): Promise<(readonly number[])[]> {
  const left = new AbortController()
  let steps = 0
  const cancelled = model.describe(picture, {
    minNewTokens: 8,
    maxNewTokens: 8,
    beams: 1,
    signal: left.signal,
    onStep: () => ++steps === 3 && left.abort(),
  })
  const answers = await Promise.all([
    ...[1, 6, 3].map((length, i) =>
      model.describe(picture, {
        prompt: ['', 'a', 'a large'][i]!,
        minNewTokens: length,
        maxNewTokens: length,
        beams: 1,
      }),
    ),
    model.describe(picture, { beams: 2, minNewTokens: 3, maxNewTokens: 3 }),
    cancelled.catch((error: unknown) => {
      if (!left.signal.aborted) {
        throw error
      }
      return { tokenIds: [] }
    }),
  ])
  return answers.map(({ tokenIds }) => tokenIds)
}

async function conversation(model: Model): Promise<Omit<Talk, 'tokens' | 'atOnce'>> {
  const answers: (readonly number[])[] = []
  const reused: number[] = []
  const texts: string[] = []
  const history: Turn[] = []
  for (const beams of [1, 2]) {
    for (const question of QUESTIONS) {
      const options = { beams, maxNewTokens: 5, history: history.slice(-2) }
      const answer = await model.ask(picture, question, options)
      history.push({ question, answer: answer.text })
      answers.push(answer.tokenIds)
      reused.push(answer.reused)
      texts.push(answer.text)
    }
  }
  return { answers, reused, texts }
}

/**
 * Tasks whose results are compared between providers. As a program, PACKAGE IMAGE PROVIDER TASK, it
 * runs one task and prints the result, or a Refusal, as one JSON object: a process looks for drivers
 * only once, at its start.
 */

import { readFileSync } from 'node:fs'
import { PROVIDERS } from '../../config/environment.ts'
import { ConfigError } from '../../config/errors.ts'
import { openModel } from '../../inference/model.ts'
import type { Provider } from '../../inference/runtime/device.ts'
import type { Model, Turn } from '../../inference/contract/types.ts'

/** Why a provider cannot be used. */
export type Refusal = { readonly problem: string }

export type Description = {
  /** Where the model ran. */
  readonly device: string | null
  /** Image tokens of the picture. */
  readonly tokens: number[]
  /** Ids of a greedy description, then of one with beams. */
  readonly ids: number[]
  /** The score of an answer. */
  readonly logLikelihood: number
}

export type Talk = {
  /** Image tokens of the picture. */
  readonly tokens: number[]
  /** Ids of requests that came at once, joined a batch and left it. */
  readonly atOnce: (readonly number[])[]
  /** Ids of a conversation's answers, first plainly, then with beams. */
  readonly answers: (readonly number[])[]
  /** Positions that each answer reused from the prefix cache. */
  readonly reused: number[]
  readonly texts: string[]
}

const QUESTIONS = ['what color is the star?', 'and the circle?', 'what is to the left of it?']

/** Opens a model, does a task with a picture, and closes it. @throws {ConfigError} */
export async function runTask<T extends keyof typeof TASKS>(
  folder: string,
  image: string,
  provider: Provider,
  task: T,
): Promise<Awaited<ReturnType<(typeof TASKS)[T]>>>
export async function runTask(
  folder: string,
  image: string,
  provider: Provider,
  task: keyof typeof TASKS,
): Promise<Description | Talk> {
  const model = await openModel(folder, { provider, threads: 1 })
  try {
    return await TASKS[task](model, new Uint8Array(readFileSync(image)))
  } finally {
    await model.close()
  }
}

const TASKS = { describe, talk }

async function describe(model: Model, picture: Uint8Array): Promise<Description> {
  const { device } = model.stats()
  const { data } = await model.embedImage(picture)
  const options = { prompt: '', minNewTokens: 6, maxNewTokens: 6 }
  const greedy = await model.describe(picture, { ...options, beams: 1 })
  const beams = await model.describe(picture, { ...options, beams: 3 })
  const [scored] = await model.score(picture, { prompt: 'a', answers: ['b c'] })
  const ids = [...greedy.tokenIds, ...beams.tokenIds]
  return { device, ids, logLikelihood: scored!.logLikelihood, tokens: Array.from(data) }
}

async function talk(model: Model, picture: Uint8Array): Promise<Talk> {
  const { data } = await model.embedImage(picture)
  const atOnce = await manyAtOnce(model, picture)
  return { tokens: Array.from(data), atOnce, ...(await conversation(model, picture)) }
}

async function manyAtOnce(model: Model, picture: Uint8Array): Promise<(readonly number[])[]> {
  const stop = new AbortController()
  let steps = 0
  const cancelled = model.describe(picture, {
    minNewTokens: 8,
    maxNewTokens: 8,
    beams: 1,
    signal: stop.signal,
    onStep: () => ++steps === 3 && stop.abort(),
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
      if (!stop.signal.aborted) {
        throw error
      }
      return { tokenIds: [] }
    }),
  ])
  return answers.map(({ tokenIds }) => tokenIds)
}

async function conversation(
  model: Model,
  picture: Uint8Array,
): Promise<Omit<Talk, 'tokens' | 'atOnce'>> {
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

if (import.meta.main) {
  const [folder = '', image = '', name, task] = process.argv.slice(2)
  const provider = PROVIDERS.find((known) => known === name)
  if (!provider || (task !== 'describe' && task !== 'talk')) {
    throw new RangeError(`expected a provider and a task, got ${name} ${task}`)
  }
  const result: unknown = await runTask(folder, image, provider, task).catch((error: unknown) => {
    if (error instanceof ConfigError) {
      return { problem: error.message } satisfies Refusal
    }
    throw error
  })
  process.stdout.write(JSON.stringify(result))
}

/** Holds a chat model to what transformers answers after three turns, at each detail, and about two pictures. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { GenerationOptions, Model, Turn } from '../../inference/contract/types.ts'
import { withModel } from './engine-parity.ts'
import type { Idefics3Name, LlavaName, OnevisionName } from './parity-names.ts'
import { FIXTURES, loadParity, loadTiled } from './parity.ts'
import type { TestRunner } from './runners.ts'

type Answers = readonly {
  readonly options: GenerationOptions
  readonly ids: readonly number[]
}[]

/** What was recorded of a checkpoint: test/reference/chat_answers.py. */
type ChatAnswers = {
  readonly turns: {
    readonly text: string
    readonly ids: readonly number[]
    readonly answers: Answers
  }
  /** A question about one picture, with ids of the prompt. Absent: pictures are seen in one way. */
  readonly details?: readonly {
    readonly detail: 'auto' | 'low'
    /** Relative to test/fixtures. */
    readonly image: string
    readonly ids: readonly number[]
    readonly answers: Answers
  }[]
  /** By beams, of the prompt about two pictures that `several` of the checkpoint's own file has. */
  readonly several?: Answers
}

const FILE = path.join(FIXTURES, 'parity', 'chat-answers.json')
const TURNS = [
  ['What is it?', 'a red circle'],
  ['How many stars are there?', '2'],
] as const
const LAST = 'What color is it now?'
const HISTORY: readonly Turn[] = TURNS.map(([question, answer]) => ({ question, answer }))
const [, [ASKED]] = TURNS
const ABOUT_TWO = 'Which one has more stars?'

type Tiled = Idefics3Name | OnevisionName

/** The ids of the prompt with three turns. */
export async function checkTurnIds(
  { images, decoder }: TestRunner,
  name: LlavaName | Tiled,
): Promise<void> {
  const picture = pictureOf(loadParity(name).image)
  const pixels = await images.preprocess(picture, { detail: 'high' })
  const [tokens] = await images.bridge!.run(await images.encode([pixels]))
  const prompt = { kind: 'ask', question: LAST, history: HISTORY } as const
  const prepared = decoder.prepare(prompt, 1, 8)
  assert.equal(prepared.text, load(name).turns.text)
  const { ids } = prepared.layOut([{ key: 'picture', tokens: tokens! }])
  assert.deepEqual(ids, load(name).turns.ids)
}

/** From a picture's bytes to token ids, through the engine. */
export async function checkAnswers(name: LlavaName | Tiled): Promise<void> {
  const recorded = load(name)
  await withModel(loadParity(name), async (model, image) => {
    await checkTurns(model, image, recorded.turns)
    if (recorded.details !== undefined) {
      await checkDetails(model, recorded.details)
    }
  })
}

/** A question about two pictures, as a bot asks it. */
export async function checkAboutTwo(name: Tiled): Promise<void> {
  const { several, image } = loadTiled(name)
  const pictures = [image, ...several.images].map(pictureOf)
  await withModel(loadParity(name), async (model) => {
    const ask = (options: GenerationOptions) =>
      model.ask(pictures, ABOUT_TWO, { beams: 1, detail: 'high', ...options })
    const greedy = await ask({ maxNewTokens: 12 })
    assert.deepEqual(greedy.tokenIds, several.answer)
    assert.equal(greedy.promptTokens, several.ids.length)
    const answers = load(name).several ?? []
    assert.ok(answers.length >= 2)
    for (const { options, ids } of answers) {
      assert.deepEqual((await ask(options)).tokenIds, ids, JSON.stringify(options))
    }
  })
}

async function checkTurns(
  model: Model,
  image: Uint8Array,
  { text, ids: prompt, answers }: ChatAnswers['turns'],
): Promise<void> {
  assert.ok(answers.length > 0)
  for (const { options, ids } of answers) {
    const all = { beams: 1, detail: 'high', ...options } as const
    const answer = await model.ask(image, LAST, { history: HISTORY, ...all })
    assert.deepEqual(answer.tokenIds, ids, JSON.stringify(options))
    assert.equal(answer.promptTokens, prompt.length)
    // The same as one text: no turn was left out, and none is read in another way.
    const raw = await model.describe(image, { prompt: text, ...all })
    assert.deepEqual(raw.tokenIds, ids)
  }
}

async function checkDetails(
  model: Model,
  details: NonNullable<ChatAnswers['details']>,
): Promise<void> {
  const seen = { auto: 0, low: 0 }
  for (const { detail, image, ids: prompt, answers } of details) {
    for (const { options, ids } of answers) {
      const picture = pictureOf(image)
      const answer = await model.ask(picture, ASKED, { beams: 1, detail, ...options })
      const what = `${image}, ${detail}: ${JSON.stringify(options)}`
      assert.deepEqual(answer.tokenIds, ids, what)
      assert.equal(answer.promptTokens, prompt.length, what)
      seen[detail] += 1
    }
  }
  assert.ok(seen.auto >= 6 && seen.low >= 6, JSON.stringify(seen))
}

function load(name: string): ChatAnswers {
  const all: Record<string, ChatAnswers> = JSON.parse(readFileSync(FILE, 'utf8'))
  const recorded = all[name]
  assert.ok(recorded, `nothing is recorded of ${name}`)
  return recorded
}

function pictureOf(name: string): Uint8Array {
  return readFileSync(path.join(FIXTURES, name))
}

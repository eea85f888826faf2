/**
 * What the three bridges cost in the engine: packages of the same sizes with random weights, as
 * `python -m training.compare.packages` writes them. Costs depend on sizes and not on weights.
 */

import path from 'node:path'
import type { Model, Timings } from '../../inference/contract/types.ts'
import { openModel } from '../../inference/model.ts'
import { noisePicture } from '../full-size/full-size-package.ts'
import { alternate, type Spread, spread } from '../report/compare.ts'
import { type MemoryCost, memoryOf } from './memory.ts'
import { BRIDGES, type Bridge } from './rows.ts'

const TOKENS = 16
const QUESTION = 'what color is the circle?'
const GREEDY = { beams: 1, minNewTokens: TOKENS, maxNewTokens: TOKENS } as const

/** Milliseconds, positions and bytes. */
export type Cost = MemoryCost & {
  readonly bridge: Bridge
  readonly vision: Spread
  /** What the bridge does once a picture. */
  readonly once: Spread
  readonly prefill: Spread
  readonly token: Spread
  /** To the first token of the next question about the picture, all of it. */
  readonly followUp: Spread
  /** Of that, tower and bridge. */
  readonly again: Spread
  /** Positions of the first prompt, the picture's among them. */
  readonly positions: number
  /** What is kept of a picture; and of a conversation of two questions, keys and values. */
  readonly pictureBytes: number
  readonly conversationBytes: number
}

/** @param folder has a package for each bridge, by its name. */
export async function measureCosts(folder: string, rounds: number): Promise<Cost[]> {
  const models: { bridge: Bridge; model: Model }[] = []
  try {
    for (const bridge of BRIDGES) {
      models.push({ bridge, model: await openModel(path.join(folder, bridge)) })
    }
    // The bridges take turns; the first round, which warms up, is dropped.
    let picture = 0
    const sides = Object.fromEntries(
      models.map(({ bridge, model }) => [bridge, () => askTwice(model, ++picture)]),
    )
    const asked = await alternate<string, Round>(rounds, sides)
    const costs: Cost[] = []
    for (const { bridge, model } of models) {
      const memory = await memoryOf(path.join(folder, bridge))
      costs.push({ ...costOf(bridge, model, asked[bridge]!), ...memory })
    }
    return costs
  } finally {
    for (const { model } of models) {
      await model.close()
    }
  }
}

type Round = { readonly first: Timings; readonly next: Timings; readonly positions: number }

/** A question about a new picture, and the next one. */
export async function askTwice(model: Model, seed: number): Promise<Round> {
  const picture = await noisePicture(224, 224, seed)
  const first = await model.ask(picture, QUESTION, GREEDY)
  const history = [{ question: QUESTION, answer: first.text }]
  const next = await model.ask(picture, 'and its size?', { ...GREEDY, history })
  return { first: first.timings, next: next.timings, positions: first.promptTokens }
}

function costOf(
  bridge: Bridge,
  model: Model,
  rounds: readonly Round[],
): Omit<Cost, keyof MemoryCost> {
  const of = (pick: (round: Round) => number) => spread(rounds.map(pick))
  const { images, conversations } = model.stats().caches
  return {
    bridge,
    vision: of(({ first }) => first.visionMs),
    once: of(({ first }) => first.bridgeMs),
    prefill: of(({ first }) => first.prefillMs),
    token: of(({ first }) => first.decodeMs / (first.tokens - 1)),
    followUp: of(({ next }) => next.preprocessMs + next.visionMs + next.bridgeMs + next.prefillMs),
    again: of(({ next }) => next.visionMs + next.bridgeMs),
    positions: rounds[0]!.positions,
    pictureBytes: images.bytes / (rounds.length + 1),
    conversationBytes: conversations.bytes / (rounds.length + 1),
  }
}

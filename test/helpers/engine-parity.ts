/**
 * The whole path, from the bytes of a picture to token ids, against what transformers gives
 * (test/reference). The seams inside have tests of their own.
 */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { openModel } from '../../inference/model.ts'
import type { Precision } from '../../inference/blocks/precision.ts'
import type { Model } from '../../inference/contract/types.ts'
import { packageFor } from './packages.ts'
import type { ParityName } from './parity-names.ts'
import { FIXTURES, loadParity, type Parity, relativeError, tensorOf } from './parity.ts'

const TOLERANCE = 1e-4
/** The reference's, where pictures are cut into tiles. */
const DETAIL = 'high'
/** On a busy machine each picture may be decoded after the run of the one before. */
const ATTEMPTS = 5

/** One of each kind; the others take their turn in parity.slow.test.ts. */
export const QUICK_NAMES: readonly ParityName[] = [
  'base',
  'odd-sizes',
  'stem',
  't5-gated',
  'instruct-grouped',
]

export async function withModel(
  parity: Parity,
  use: (model: Model, image: Uint8Array) => Promise<void>,
  precision: Precision = 'fp32',
) {
  const options = { threads: 1, queueLimit: 1000 }
  const model = await openModel(await packageFor(parity.name, precision), options)
  try {
    await use(model, readFileSync(path.join(FIXTURES, parity.image)))
  } finally {
    await model.close()
  }
}

/**
 * Asks everything at once. Each request brings a file of its own, of the same picture, as what follows
 * the picture is ignored. Greedy ones of unequal prompts and lengths step together; the beams among
 * them alone.
 */
async function answersAtOnce(model: Model, parity: Parity, picture: Uint8Array): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (await seesTogether(model, parity, Buffer.concat([picture, Buffer.of(attempt)]))) {
      return
    }
  }
  assert.fail('no pictures were seen together')
}

/** @returns whether pictures passed through the vision tower together. */
async function seesTogether(model: Model, parity: Parity, picture: Uint8Array): Promise<boolean> {
  const before = model.stats().stages.vision
  const answers = parity.generations.map(({ prompt, options }, i) =>
    model.describe(Buffer.concat([picture, Buffer.of(i)]), {
      beams: 1,
      detail: DETAIL,
      prompt: parity.prompts[prompt].text,
      ...options,
    }),
  )
  for (const [i, { tokenIds }] of (await Promise.all(answers)).entries()) {
    const { ids, options } = parity.generations[i]!
    assert.deepEqual(tokenIds, ids, `at once: ${JSON.stringify(options)}`)
  }
  const { rows, runs } = model.stats().stages.vision
  return rows - before.rows > runs - before.runs
}

/** Holds that a checkpoint gives the reference's ids, alone and at once, image tokens and likelihoods. */
export async function checkParity(name: ParityName): Promise<void> {
  const parity = loadParity(name)
  await withModel(parity, async (model, image) => {
    const tokens = await model.embedImage(image, { detail: DETAIL })
    const error = relativeError(tokens.data, tensorOf(parity, 'image_tokens').data)
    assert.ok(error < TOLERANCE, `image tokens: ${error}`)

    for (const { prompt, options, ids } of parity.generations) {
      const { text } = parity.prompts[prompt]
      const answer = await model.describe(image, {
        prompt: text,
        beams: 1,
        detail: DETAIL,
        ...options,
      })
      assert.deepEqual(answer.tokenIds, ids, JSON.stringify({ prompt, options }))
    }
    await answersAtOnce(model, parity, image)

    for (const { prompt, answer, logProbabilities } of parity.scores) {
      const { text } = parity.prompts[prompt]
      const [scored] = await model.score(image, { prompt: text, answers: [answer], detail: DETAIL })
      const expected = logProbabilities.reduce((sum, one) => sum + one, 0)
      const difference = Math.abs(scored!.logLikelihood - expected)
      assert.ok(difference < TOLERANCE * Math.abs(expected), `${answer}: ${difference}`)
    }
  })
}

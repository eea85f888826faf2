/**
 * Runs a model's own beam search without the engine, to compare the scores of the best beams with
 * those of transformers. The engine does not give scores away.
 */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { PromptLayout } from '../../inference/families/common/runner.ts'
import { createSearch } from '../../inference/generation/create-search.ts'
import type { Search } from '../../inference/generation/search.ts'
import { type GenerationSettings, resolveSettings } from '../../inference/generation/settings.ts'
import { createStopRule } from '../../inference/generation/stopping.ts'
import { packageFor } from './packages.ts'
import type { ParityName } from './parity-names.ts'
import { FIXTURES, loadParity, type Parity } from './parity.ts'
import { openTestRunner, type TestRunner } from './runners.ts'

const TOLERANCE = 1e-4

/**
 * Holds that the best beams have the reference's ids and scores.
 *
 * Left out are those with a stop string, which needs the vocabulary's bytes, and those with a
 * repetition penalty: it changes the scores, and the search tells the unchanged ones. Their ids are
 * compared by engine-parity.ts.
 */
export async function checkBeamScores(name: ParityName): Promise<void> {
  const parity = loadParity(name)
  const runner = await openTestRunner(await packageFor(name))
  try {
    const layouts = {
      caption: await layOut(runner, parity, 'caption'),
      question: await layOut(runner, parity, 'question'),
    }
    let compared = 0
    for (const { prompt, options, ids, score } of parity.generations) {
      const { stopStrings, repetitionPenalty } = options
      if (score === undefined || stopStrings || repetitionPenalty !== undefined) {
        continue
      }
      const settings = resolveSettings(options, {}, parity.tokens.stop)
      const search = await run(runner, layouts[prompt], settings)
      const what = JSON.stringify({ prompt, options })
      assert.deepEqual(search.generated, ids, what)
      const actual = search.logProbability / ids.length ** settings.lengthPenalty
      assert.ok(
        Math.abs(actual - score) <= TOLERANCE * Math.abs(score),
        `${what}: ${actual} instead of ${score}`,
      )
      compared++
    }
    assert.ok(compared > 20)
  } finally {
    await runner.close()
  }
}

async function layOut(
  { images, decoder }: TestRunner,
  parity: Parity,
  prompt: keyof Parity['prompts'],
): Promise<PromptLayout> {
  const { text } = parity.prompts[prompt]
  const bytes = readFileSync(path.join(FIXTURES, parity.image))
  const features = await images.encode([await images.preprocess(bytes)])
  const [tokens] = await images.bridge!.run(features, [text])
  return decoder.prepare({ kind: 'raw', text }, 1, 16).layOut([{ key: 'picture', tokens: tokens! }])
}

async function run(
  { decoder, tokenizer }: TestRunner,
  { ids, segments }: PromptLayout,
  settings: GenerationSettings,
): Promise<Search> {
  const search = createSearch({
    promptIds: ids,
    settings,
    vocabSize: decoder.vocabSize,
    knownIds: tokenizer.vocabSize,
    stops: createStopRule(settings, () => null),
  })
  const cache = decoder.createCache()
  let logits = await decoder.prefill(cache, segments)
  for (let next = search.advance(logits); next !== null; next = search.advance(logits)) {
    await cache.reorder(next.parents)
    logits = await decoder.step(cache, next.tokens)
  }
  cache.dispose()
  return search
}

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { createSearch } from '../../../inference/generation/create-search.ts'
import type { Search } from '../../../inference/generation/search.ts'
import { resolveSettings } from '../../../inference/generation/settings.ts'
import { createStopRule } from '../../../inference/generation/stopping.ts'
import type { GenerationOptions } from '../../../inference/contract/types.ts'

// Made by `python test/reference/generation.py > test/fixtures/generation.json`.
type Fixture = {
  readonly table: readonly number[]
  readonly searches: readonly {
    readonly prompt: readonly number[]
    readonly maxNewTokens: number
    readonly options: Record<string, number | boolean | string | number[]>
    readonly ids: readonly number[]
  }[]
}

const VOCAB = 16
const fixture: Fixture = JSON.parse(
  readFileSync(new URL('../../fixtures/generation.json', import.meta.url), 'utf8'),
)

/** The toy's logits, as generation.py computes them: float32, from the last two ids. */
function toyLogits(ids: readonly number[]): Float32Array {
  const last = ids.at(-1)!
  const before = ids.at(-2) ?? last
  return Float32Array.from({ length: VOCAB }, (_, i) =>
    Math.fround(
      Math.fround(fixture.table[last * VOCAB + i]!) +
        Math.fround(fixture.table[(VOCAB + before) * VOCAB + i]!),
    ),
  )
}

function fromPython(options: Fixture['searches'][number]['options']): GenerationOptions {
  const names: Record<string, keyof GenerationOptions> = {
    num_beams: 'beams',
    length_penalty: 'lengthPenalty',
    early_stopping: 'earlyStopping',
    repetition_penalty: 'repetitionPenalty',
    no_repeat_ngram_size: 'noRepeatNgramSize',
    min_new_tokens: 'minNewTokens',
    eos_token_id: 'stopIds',
  }
  return Object.fromEntries(Object.entries(options).map(([key, value]) => [names[key]!, value]))
}

/** Runs a search over the toy to its end. */
function run(prompt: readonly number[], options: GenerationOptions, knownIds = 14): Search {
  const settings = resolveSettings(options, {}, [1])
  const search = createSearch({
    promptIds: prompt,
    settings,
    vocabSize: VOCAB,
    knownIds,
    stops: createStopRule(settings, () => null),
  })
  let rows: (readonly number[])[] = [prompt]
  for (;;) {
    const logits = Float32Array.from(rows.flatMap((ids) => Array.from(toyLogits(ids))))
    const next = search.advance(logits)
    if (!next) {
      return search
    }
    rows = next.tokens.map((token, i) => [...rows[next.parents[i]!]!, token])
  }
}

describe('searches', () => {
  it('give the ids of the reference for every recorded setting', () => {
    for (const { prompt, maxNewTokens, options, ids } of fixture.searches) {
      const search = run(prompt, { maxNewTokens, ...fromPython(options) })
      assert.deepEqual(search.generated, ids, JSON.stringify({ prompt, maxNewTokens, options }))
      const stops = fromPython(options).stopIds ?? [1]
      assert.equal(search.finish, stops.includes(ids.at(-1)!) ? 'stop' : 'length')
    }
    assert.equal(fixture.searches.length, 330)
  })

  it('sample the same with the same seed and otherwise differently', () => {
    const prompt = [15, 2, 7]
    const draw = (seed: number, beams = 1) =>
      run(prompt, { sample: true, seed, beams, maxNewTokens: 12, minNewTokens: 12 }).generated

    assert.deepEqual(draw(1), draw(1))
    assert.deepEqual(draw(1, 3), draw(1, 3))
    assert.notDeepEqual(draw(1), draw(2))
    assert.notDeepEqual(draw(1, 3), draw(2, 3))
  })

  it('sample in proportion to the probabilities', () => {
    const logits = toyLogits([15, 2])
    const weights = Array.from(logits.subarray(0, 14), (logit) => Math.exp(logit))
    const total = weights.reduce((sum, weight) => sum + weight)
    const counts = new Float64Array(VOCAB)
    const draws = 4000
    for (let seed = 0; seed < draws; seed++) {
      const id = run([15, 2], { sample: true, seed, topK: 0, maxNewTokens: 1 }).generated[0]!
      counts[id]! += 1
    }

    for (const [id, weight] of weights.entries()) {
      assert.ok(Math.abs(counts[id]! / draws - weight / total) < 0.03, `id ${id}`)
    }
  })

  it('never sample ids beyond the vocabulary of the tokenizer', () => {
    for (let seed = 0; seed < 200; seed++) {
      const ids = run([15, 2], { sample: true, seed, temperature: 5, maxNewTokens: 12 }).generated
      assert.ok(ids.every((id) => id < 14))
    }
  })

  it('sample the most probable token only, with top-k 1', () => {
    const greedy = run([15, 2, 7], { maxNewTokens: 12 }).generated
    const options = { sample: true, topK: 1, maxNewTokens: 12, seed: 5 }
    assert.deepEqual(run([15, 2, 7], options, VOCAB).generated, greedy)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Counters } from '../../../inference/engine/counters.ts'
import { Images } from '../../../inference/engine/images.ts'
import { Runs } from '../../../inference/engine/runs.ts'
import { NO_READING } from '../../helpers/no-reading.ts'
import { Scheduler } from '../../../inference/engine/scheduler.ts'
import { Sequences } from '../../../inference/engine/sequences.ts'
import type { KeyedImage } from '../../../inference/families/common/runner.ts'
import { FeatureCache } from '../../../inference/engine/feature-cache.ts'
import { PrefixCache } from '../../../inference/kv/prefix-cache.ts'

const unused = () => Promise.reject(new Error('no run of the decoder was expected'))
const CLAIM = { urgency: 'normal', tenant: '', user: '', deadline: Infinity } as const

describe('a bridge that reads the prompt', () => {
  it('runs for every request, on features that are computed once for a picture', async () => {
    const counters = new Counters()
    const shape = [1, 1] as const
    const encoder = {
      detailFor: () => 'auto' as const,
      preprocess: async () => ({ data: new Float32Array(3), shape: [1, 3, 1, 1] as const }),
      encode: async () => [{ data: Float32Array.of(10), shape }],
      bridge: {
        readsPrompt: true,
        run: async (
          images: readonly { readonly data: Float32Array }[],
          prompts: readonly string[] = [],
        ) =>
          images.map(({ data }, i) => ({
            data: Float32Array.of(data[0]! + prompts[i]!.length),
            shape,
          })),
      },
    }
    const decoder = {
      createCache() {
        throw new Error('no cache was expected')
      },
      prefill: unused,
      step: unused,
      score: unused,
    }
    const seen: KeyedImage[] = []
    const texts = ['one', 'two more', 'one']
    const images = new Images(new FeatureCache(1000))
    const scheduler = new Scheduler(
      () => {
        const prompt = texts.shift()!
        return {
          rows: 1,
          run: async (engine) => {
            const [{ image, timings }] = await engine.encode(prompt)
            seen.push(image)
            return timings
          },
        }
      },
      new Runs(encoder, new Sequences(decoder, new PrefixCache(0)), counters),
      images,
      counters,
      { queueLimit: 3, maxSequences: 3, maxImages: 3 },
      NO_READING,
    )
    const ask = (id: number, bytes: Uint8Array | null) =>
      new Promise<unknown>((done, failed) => {
        const request = { kind: 'encode', image: { key: 'picture', bytes } } as const
        const callbacks = { step() {}, position() {}, done, failed, missing: failed }
        scheduler.add({ id, claim: CLAIM, request, cacheable: true, ...callbacks })
      })
    await Promise.all([ask(1, new Uint8Array(1)), ask(2, null)])
    await ask(3, null)
    assert.deepEqual(
      seen.map(({ tokens }) => tokens.data[0]),
      [13, 18, 13],
    )
    const [first, second, third] = seen.map(({ key }) => key)
    assert.match(first!, /^picture:/)
    assert.equal(third, first)
    assert.notEqual(second, first)
    const { vision, bridge } = counters.stages()
    assert.deepEqual([vision.rows, bridge.runs, bridge.rows], [1, 2, 3])
    assert.equal(images.stats().bytes, 4)
    await scheduler.drain()
  })
})

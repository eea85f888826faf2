import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { Counters } from '../../../inference/engine/counters.ts'
import { Images } from '../../../inference/engine/images.ts'
import type { EngineResult } from '../../../inference/contract/requests.ts'
import { Runs } from '../../../inference/engine/runs.ts'
import { NO_READING } from '../../helpers/no-reading.ts'
import { Scheduler } from '../../../inference/engine/scheduler.ts'
import { Sequences } from '../../../inference/engine/sequences.ts'
import type { EngineRuns } from '../../../inference/engine/work.ts'
import type { PromptLayout } from '../../../inference/families/common/runner.ts'
import { FeatureCache } from '../../../inference/engine/feature-cache.ts'
import { argmax } from '../../../inference/generation/scores.ts'
import { PrefixCache } from '../../../inference/kv/prefix-cache.ts'
import type { Answer } from '../../../inference/contract/types.ts'
import { packageFor } from '../../helpers/packages.ts'
import { FIXTURES, loadParity } from '../../helpers/parity.ts'
import { openTestRunner } from '../../helpers/runners.ts'
import { longRunner, madeUpImage, text } from '../../helpers/segments.ts'
import { imageTokensOf } from '../../../inference/package/model-card.ts'

const image = readFileSync(path.join(FIXTURES, loadParity('base').image))

describe('prompts with images in the middle', () => {
  it('have the answers of one long run, step together and reuse each other', async () => {
    const folder = await packageFor('base')
    const runner = await openTestRunner(folder)
    const { images, decoder, card } = runner
    const { embedSize } = card.dimensions
    const queryTokens = imageTokensOf(card)
    const other = madeUpImage(1, queryTokens, embedSize)
    const sequences = new Sequences(decoder, new PrefixCache(2 ** 30))
    const counters = new Counters()
    const layouts: PromptLayout[] = []
    const texts = [[9], [4, 8], [5, 7, 3]]

    /** Text, the request's image, text, another image, text; then four greedy ids. */
    async function greedy(engine: EngineRuns, ids: number[]): Promise<Answer> {
      const [{ image }] = await engine.encode(null)
      const first = { kind: 'image', ...image } as const
      const segments = [text(2, 7), first, text(6), other, text(...ids)]
      layouts[texts.indexOf(ids)] = { segments, ids: [] }
      const start = performance.now()
      let { sequence, logits } = await engine.prefill({ segments, ids: [] })
      const tokenIds = [argmax(logits)]
      while (tokenIds.length < 4) {
        const tokens = [tokenIds.at(-1)!]
        logits = await engine.decode({ sequence, tokens, parents: [0] })
        tokenIds.push(argmax(logits))
      }
      const ms = performance.now() - start
      const timings = { preprocessMs: 0, visionMs: 0, bridgeMs: 0, prefillMs: 0, decodeMs: ms }
      const { reused } = sequence
      return {
        text: '',
        tokenIds,
        finish: 'length',
        reused,
        promptTokens: 0,
        judgment: { distance: null, confidence: null, verdict: 'inside' },
        timings: { ...timings, tokens: 4 },
      }
    }

    let made = 0
    const scheduler = new Scheduler(
      () => {
        const ids = texts[made++ % texts.length]!
        return { rows: 1, run: (engine) => greedy(engine, ids) }
      },
      new Runs(images, sequences, counters),
      new Images(new FeatureCache(2 ** 20)),
      counters,
      { queueLimit: 9, maxSequences: 8, maxImages: 2 },
      NO_READING,
    )
    const claim = { urgency: 'normal', user: '', tenant: '', deadline: Infinity } as const
    const request = { kind: 'encode', image: { key: 'a', bytes: new Uint8Array(image) } } as const
    const ask = (id: number) =>
      new Promise<Answer>((done, failed) => {
        const taken = (result: EngineResult) => {
          assert.ok('tokenIds' in result)
          done(result)
        }
        const callbacks = { step() {}, position() {}, done: taken, failed, missing: failed }
        scheduler.add({ id, claim, request, cacheable: true, ...callbacks })
      })
    try {
      const answers = await Promise.all([ask(1), ask(2), ask(3)])
      const atOnce = await longRunner('base', folder, card)
      for (const [i, { tokenIds }] of answers.entries()) {
        const expected: number[] = []
        while (expected.length < 4) {
          const all = await atOnce([...layouts[i]!.segments, text(...expected)])
          expected.push(argmax(all.slice(-decoder.vocabSize)))
        }
        assert.deepEqual(tokenIds, expected)
      }
      const { prefill, decode } = counters.stages()
      assert.equal(prefill.runs, 3)
      assert.deepEqual([decode.runs, decode.rows], [3, 9])
      // The same again: all is known but the last position of each prompt.
      const again = await Promise.all([ask(4), ask(5), ask(6)])
      assert.deepEqual(
        again.map(({ tokenIds }) => tokenIds),
        answers.map(({ tokenIds }) => tokenIds),
      )
      const lengths = texts.map((ids) => 2 + queryTokens + 1 + queryTokens + ids.length)
      assert.deepEqual(
        again.map(({ reused }) => reused),
        lengths.map((length) => length - 1),
      )
    } finally {
      await scheduler.drain()
      sequences.close()
      await runner.close()
    }
  })
})

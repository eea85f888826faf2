import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Segment } from '../../../../inference/families/common/runner.ts'
import { packageFor } from '../../../helpers/packages.ts'
import { relativeError } from '../../../helpers/parity.ts'
import { openTestRunner, type TestRunner } from '../../../helpers/runners.ts'
import { longRunner, madeUpImage, text } from '../../../helpers/segments.ts'
import { imageTokensOf } from '../../../../inference/package/model-card.ts'

const TOLERANCE = 1e-5

// base uses ONNX Runtime's attention; odd-sizes plain operators; projected has narrow embeddings.
for (const name of ['base', 'odd-sizes', 'projected'] as const) {
  describe(`the decoder of ${name}`, () => {
    let folder: string
    let runner: TestRunner
    let atOnce: Awaited<ReturnType<typeof longRunner>>
    let layouts: Record<string, Segment[]>
    before(async () => {
      folder = await packageFor(name)
      runner = await openTestRunner(folder)
      atOnce = await longRunner(name, folder, runner.card)
      const { embedSize } = runner.card.dimensions
      const queryTokens = imageTokensOf(runner.card)
      const image = (seed: number) => madeUpImage(seed, queryTokens, embedSize)
      layouts = {
        'an image first': [image(1), text(2, 9, 4)],
        'an image in the middle': [text(2, 7), image(1), text(9, 4)],
        'an image at the end': [text(2, 7), image(1)],
        'images side by side': [image(1), image(2), text(2, 9)],
        'two images apart': [text(2, 7), image(1), text(9), image(2), text(4, 8, 5)],
        'no image': [text(2, 7, 9)],
        'ids in pieces': [text(2), text(7, 9), text()],
      }
    })
    after(() => runner.close())

    /** The last row of what one long run gives. */
    async function expected(segments: readonly Segment[]): Promise<Float32Array> {
      return (await atOnce(segments)).slice(-runner.decoder.vocabSize)
    }

    /** Runs a layout, steps on, and looks at more ids without keeping them. */
    async function check(
      decoder: TestRunner['decoder'],
      segments: readonly Segment[],
      what: string,
    ) {
      const cache = decoder.createCache()
      const assertClose = async (logits: Float32Array, more: number[], part: string) => {
        const error = relativeError(logits, await expected([...segments, text(...more)]))
        assert.ok(error < TOLERANCE, `${what}, ${part}: ${error}`)
      }
      await assertClose(await decoder.prefill(cache, segments), [], 'prefill')
      const seen = await decoder.score(cache, [5, 9, 11, 3, 6])
      assert.equal(seen.length, 5 * decoder.vocabSize)
      const { vocabSize } = decoder
      await assertClose(seen.slice(0, vocabSize), [5], 'score, first')
      await assertClose(seen.slice(-vocabSize), [5, 9, 11, 3, 6], 'score, last')
      await assertClose(await decoder.step(cache, [6]), [6], 'step')
      await assertClose(await decoder.step(cache, [8]), [6, 8], 'second step')
    }

    it('gives what one long run gives, wherever the images are', async () => {
      for (const [what, segments] of Object.entries(layouts)) {
        await check(runner.decoder, segments, what)
      }
    })

    it('gives it in runs that are not longer than the device can take', async () => {
      const queryTokens = imageTokensOf(runner.card)
      // Of one position, of less than an image has, with the end of an image in the middle.
      for (const longestRun of [1, queryTokens - 1, queryTokens + 2]) {
        const short = await openTestRunner(folder, { longestRun })
        try {
          for (const [what, segments] of Object.entries(layouts)) {
            await check(short.decoder, segments, `${what}, ${longestRun} at once`)
          }
        } finally {
          await short.close()
        }
      }
    })

    it('continues from any position of a layout', async () => {
      const segments = layouts['two images apart']!
      const whole = await expected(segments)
      const { decoder } = runner
      const first = decoder.createCache()
      await decoder.prefill(first, segments)
      for (let length = 1; length < first.length; length++) {
        const cache = await first.copyOf(0, length)
        const error = relativeError(await decoder.prefill(cache, segments), whole)
        assert.ok(error < TOLERANCE, `from ${length}: ${error}`)
      }
    })

    it('refuses a cache that holds the whole layout', async () => {
      const cache = runner.decoder.createCache()
      const segments = layouts['an image first']!
      await runner.decoder.prefill(cache, segments)
      await assert.rejects(runner.decoder.prefill(cache, segments), RangeError)
    })
  })
}

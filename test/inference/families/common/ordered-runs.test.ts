import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { packageFor } from '../../../helpers/packages.ts'
import { relativeError } from '../../../helpers/parity.ts'
import { openTestRunner, type TestRunner } from '../../../helpers/runners.ts'
import { madeUpImage, text } from '../../../helpers/segments.ts'

const TOLERANCE = 1e-5

describe('a decoder whose graph takes images and ids in any order', () => {
  let folder: string
  let runner: TestRunner
  let slow: TestRunner
  before(async () => {
    folder = await packageFor('smolvlm-tiles')
    runner = await openTestRunner(folder)
    slow = await openTestRunner(folder, { longestRun: 1 })
  })
  after(async () => {
    await runner.close()
    await slow.close()
  })

  /** A tile of an own picture, with so many rows. */
  function tile(seed: number, rows: number) {
    return madeUpImage(seed, rows, runner.card.dimensions.embedSize)
  }

  it('reads a picture in tiles, with text between them, in one run', async ({ mock }) => {
    const layout = [text(7, 9), tile(1, 4), text(2), tile(2, 3), text(5, 6), tile(3, 4), text(4)]
    const { mock: runs } = mock.method(runner.sessions.get('decoder'), 'run')
    const cache = runner.decoder.createCache()
    const logits = await runner.decoder.prefill(cache, layout)
    assert.equal(runs.callCount(), 1)
    const alone = slow.decoder.createCache()
    const error = relativeError(logits, await slow.decoder.prefill(alone, layout))
    assert.ok(error < TOLERANCE, `${error}`)

    for (const length of [1, 5, 9, 16]) {
      const rest = await cache.copyOf(0, length)
      const again = relativeError(await runner.decoder.prefill(rest, layout), logits)
      assert.ok(again < TOLERANCE, `from ${length}: ${again}`)
    }
  })

  it('does so in runs that are not longer than the device can take', async () => {
    const layout = [text(7, 9), tile(1, 4), text(2), tile(2, 3), text(5, 6)]
    const short = await openTestRunner(folder, { longestRun: 5 })
    try {
      const logits = await short.decoder.prefill(short.decoder.createCache(), layout)
      const alone = await slow.decoder.prefill(slow.decoder.createCache(), layout)
      assert.ok(relativeError(logits, alone) < TOLERANCE)
    } finally {
      await short.close()
    }
  })
})

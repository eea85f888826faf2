import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { convertCheckpoint } from '../../../../inference/convert/convert.ts'
import { DecoderRun, openGraphs } from '../../../helpers/graph-sessions.ts'
import type { Graphs } from '../../../helpers/graph-sessions.ts'
import { checkpointFolder, loadParity, relativeError, tensorOf } from '../../../helpers/parity.ts'

const TOLERANCE = 1e-5

const folder = mkdtempSync(path.join(tmpdir(), 'decoder-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function assertEqual(actual: ArrayLike<number>, expected: ArrayLike<number>) {
  const error = relativeError(actual, expected)
  assert.ok(error <= TOLERANCE, `relative error ${error}`)
}

// base has heads of 8 (GroupQueryAttention), odd-sizes has heads for which plain operators serve.
for (const name of ['base', 'odd-sizes'] as const) {
  describe(`the decoder of ${name}`, () => {
    const parity = loadParity(name)
    const image = tensorOf(parity, 'image_tokens').data
    const { ids } = parity.prompts.question
    const { queryTokens, vocabSize } = parity
    let graphs: Graphs
    /** Logits of the last row of the question, then of two more steps. */
    let expected: Float32Array[]
    const more = [5, 9]

    before(async () => {
      const out = path.join(folder, name)
      const options = { precision: 'fp32', name, source: null } as const
      graphs = await openGraphs(out, await convertCheckpoint(checkpointFolder(name), out, options))
      const run = new DecoderRun(graphs, 1, 64)
      expected = [await run.step({ imageTokens: image, ids: [ids] })]
      for (const id of more) {
        expected.push(await run.step({ imageTokens: null, ids: [[id]] }))
      }
    })

    it('needs no room in the past for a single run', async () => {
      const run = new DecoderRun(graphs, 1, 0)
      const logits = await run.once({ imageTokens: image, ids: [[...ids, ...more]] })
      assertEqual(logits, expected[2]!)
    })

    it('does not look at what lies beyond the past', async () => {
      const run = new DecoderRun(graphs, 1, 200)
      assertEqual(await run.step({ imageTokens: image, ids: [ids] }), expected[0]!)
      assertEqual(await run.step({ imageTokens: null, ids: [[more[0]!]] }), expected[1]!)
    })

    it('takes several tokens over a past', async () => {
      const run = new DecoderRun(graphs, 1, 64)
      await run.step({ imageTokens: image, ids: [ids.slice(0, 2)] })
      const rest = [...ids.slice(2), ...more]
      assertEqual(await run.step({ imageTokens: null, ids: [rest] }), expected[2]!)
    })

    it('takes the image alone, then the text', async () => {
      const run = new DecoderRun(graphs, 1, 64)
      await run.step({ imageTokens: image, ids: [[]], rows: [] })
      assertEqual(await run.step({ imageTokens: null, ids: [ids] }), expected[0]!)
    })

    it('gives no logits where none are wanted', async () => {
      const run = new DecoderRun(graphs, 1, 64)
      const logits = await run.step({ imageTokens: image, ids: [ids], rows: [] })
      assert.equal(logits.length, 0)
      assertEqual(await run.step({ imageTokens: null, ids: [[more[0]!]] }), expected[1]!)
    })

    it('takes text without an image', async () => {
      const whole = new DecoderRun(graphs, 1, 64)
      const last = await whole.step({ imageTokens: null, ids: [ids] })
      const run = new DecoderRun(graphs, 1, 64)
      await run.step({ imageTokens: null, ids: [ids.slice(0, -1)] })
      assertEqual(await run.step({ imageTokens: null, ids: [ids.slice(-1)] }), last)
    })

    it('runs sequences of unequal length together, padded on the right', async () => {
      const run = new DecoderRun(graphs, 2, 64)
      const short = ids.slice(0, 1)
      const padded = [...short, ...Array.from({ length: ids.length - 1 }, () => 1)]
      const length = queryTokens + ids.length
      const twice = new Float32Array([...image, ...image])
      const totals = [length, queryTokens + 1]
      const rows = [length - 1, length + queryTokens]
      const first = await run.step({ imageTokens: twice, ids: [ids, padded], totals, rows })
      assertEqual(first.subarray(0, vocabSize), expected[0]!)
      const second = await run.step({ imageTokens: null, ids: [[more[0]!], [more[1]!]] })
      assertEqual(second.subarray(0, vocabSize), expected[1]!)

      const alone = new DecoderRun(graphs, 1, 64)
      const shortFirst = await alone.step({ imageTokens: image, ids: [short] })
      assertEqual(first.subarray(vocabSize), shortFirst)
      const shortSecond = await alone.step({ imageTokens: null, ids: [[more[1]!]] })
      assertEqual(second.subarray(vocabSize), shortSecond)
    })

    it('gives the logits of the rows asked for, in that order', async () => {
      const all = new DecoderRun(graphs, 1, 64)
      const length = queryTokens + ids.length
      const rows = Array.from({ length }, (_, i) => i)
      const every = await all.step({ imageTokens: image, ids: [ids], rows })
      const run = new DecoderRun(graphs, 1, 64)
      const some = await run.step({ imageTokens: image, ids: [ids], rows: [length - 1, 1] })
      assertEqual(some.subarray(0, vocabSize), every.subarray((length - 1) * vocabSize))
      assertEqual(some.subarray(vocabSize), every.subarray(vocabSize, 2 * vocabSize))
    })
  })
}

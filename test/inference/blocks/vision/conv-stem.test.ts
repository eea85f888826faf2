import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import {
  type Stem,
  stemPatches,
  stemStride,
} from '../../../../inference/blocks/vision/conv-stem.ts'
import { quantizeColumns } from '../../../../inference/convert/weights/quantize-columns.ts'
import { GraphBuilder } from '../../../../inference/onnx/graph-builder.ts'
import type { WeightJob } from '../../../../inference/onnx/weight-plan.ts'
import { float, openGraph, runOne } from '../../../helpers/graph-sessions.ts'
import { relativeError } from '../../../helpers/parity.ts'
import { gaussians, roundRows } from '../../../helpers/quantized.ts'

const STEM: Stem = {
  channels: 8,
  stages: [
    { expansion: 1, kernel: 3, stride: 1, channels: 6, blocks: 1 },
    { expansion: 3, kernel: 5, stride: 2, channels: 10, blocks: 2 },
    { expansion: 2, kernel: 3, stride: 2, channels: 12, blocks: 1 },
  ],
  fine: 2,
}
const WIDTH = 16
const SIDE = 4 * stemStride(STEM)

/** Weights that are the same for the same tensor, however they are stored. */
function weightsOf({ parts, rows, columns }: WeightJob): Float32Array {
  const { tensor } = parts[0]!
  const seed = Buffer.from(tensor).reduce((sum, byte) => (sum * 31 + byte) % 10_007, 7)
  return gaussians(rows * columns, seed).map((value) => value / Math.sqrt(columns))
}

describe('a convolutional stem', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'stem-'))
  after(() => rmSync(folder, { recursive: true, force: true }))

  /** What the stem makes of noise, of weights that are rounded to int8 by their outputs. */
  async function run(bits: 4 | null): Promise<{ rows: Float32Array; bytes: number }> {
    const g = new GraphBuilder('stem')
    g.input('pixels', 'float32', [1, 3, SIDE, SIDE])
    const options = { module: 'stem', channels: 3, width: WIDTH }
    g.op('Identity', [stemPatches(g, 'pixels', { float: 'float32', bits }, STEM, options)], {}, 'y')
    g.output('y', 'float32', [1, 'patches', WIDTH])
    const plan = g.build()
    const data = new Uint8Array(plan.dataBytes)
    const put = (array: ArrayBufferView, at: number) =>
      data.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at)
    for (const job of plan.jobs) {
      const { target, rows, columns, parts } = job
      const weights = weightsOf(job)
      if (target.format === 'int8-columns') {
        const { values, scales } = quantizeColumns(weights, rows, columns)
        put(values, target.at)
        put(scales, target.scalesAt)
      } else {
        const isKernel = parts[0]!.tensor.endsWith('.weight')
        put(isKernel ? roundRows(weights, rows, columns) : weights, target.at)
      }
    }
    const file = path.join(folder, 'stem.onnx')
    writeFileSync(file, plan.model)
    writeFileSync(`${file}.data`, data)
    const session = await openGraph(file)
    const { y } = await runOne(session, float(gaussians(3 * SIDE ** 2, 1), [1, 3, SIDE, SIDE]))
    await session.release()
    return { rows: y!, bytes: plan.dataBytes }
  }

  it('has its kernels in 8 bits where matrices have 4', async () => {
    const [exact, small] = [await run(null), await run(4)]
    assert.equal(small.rows.length, (SIDE / stemStride(STEM)) ** 2 * WIDTH)
    assert.ok(exact.rows.some((value) => Math.abs(value) > 0.1))
    const error = relativeError(small.rows, exact.rows)
    assert.ok(error < 1e-5, `relative error ${error}`)
    assert.ok(small.bytes < exact.bytes / 2, `${small.bytes} bytes, and ${exact.bytes}`)
  })
})

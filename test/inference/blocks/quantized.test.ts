import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { quantize } from '../../../inference/convert/weights/quantize.ts'
import { quantizeColumns } from '../../../inference/convert/weights/quantize-columns.ts'
import { GraphBuilder } from '../../../inference/onnx/graph-builder.ts'
import { blockSizeOf } from '../../../inference/onnx/weight-plan.ts'
import { linear } from '../../../inference/blocks/layers.ts'
import { float, openGraph, runOne } from '../../helpers/graph-sessions.ts'
import { relativeError } from '../../helpers/parity.ts'
import { dequantize, gaussians, roundRows } from '../../helpers/quantized.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'quantized-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const ROWS = 6
const OUTPUTS = 10
/** Rows in blocks of 128, 64 and 32. */
const WIDTHS = [3 * 128, 5 * 64, 5 * 32] as const
const INPUTS = WIDTHS[0]

/** x [ROWS, inputs] times the weights' transpose, plus the bias. */
function product(x: Float32Array, weights: Float32Array, bias: Float32Array): Float32Array {
  const inputs = x.length / ROWS
  const out = new Float32Array(ROWS * OUTPUTS)
  for (let row = 0; row < ROWS; row++) {
    for (let o = 0; o < OUTPUTS; o++) {
      let sum = bias[o]!
      for (let i = 0; i < inputs; i++) {
        sum += x[row * inputs + i]! * weights[o * inputs + i]!
      }
      out[row * OUTPUTS + o] = sum
    }
  }
  return out
}

/** Whole numbers up to ±127, one of which is in each block: their own int8 form, so it is exact. */
function exactInt8(length: number): Float32Array {
  return Float32Array.from(gaussians(length, 5), (x, i) =>
    i % 32 === 0 ? 127 : Math.max(-127, Math.min(127, Math.round(x * 40))),
  )
}

describe('a quantized linear layer', () => {
  const bias = gaussians(OUTPUTS, 3)

  for (const [inputs, bits] of WIDTHS.flatMap(
    (n) =>
      [
        [n, 4],
        [n, 8],
      ] as const,
  )) {
    const block = blockSizeOf(inputs)!
    it(`of ${inputs} inputs in ${bits} bits multiplies by its dequantized weights`, async () => {
      const weights = gaussians(OUTPUTS * inputs, 2)
      const x = exactInt8(ROWS * inputs)
      const g = new GraphBuilder('linear')
      g.input('x', 'float32', [ROWS, inputs])
      const layer = {
        modules: ['module'],
        inputs,
        outputs: OUTPUTS,
        bias: true,
        quantize: true,
      }
      const result = linear(g, { float: 'float32', bits }, 'x', layer)
      g.op('Identity', [result], {}, 'y')
      g.output('y', 'float32', [ROWS, OUTPUTS])
      const plan = g.build()
      const quantized = quantize(weights, { rows: OUTPUTS, columns: inputs }, bits, block)
      const data = new Uint8Array(plan.dataBytes)
      const put = (array: ArrayBufferView, at: number) =>
        data.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at)
      for (const { target } of plan.jobs) {
        if (target.format === 'int4' || target.format === 'int8') {
          put(quantized.values, target.at)
          put(quantized.scales, target.scalesAt)
          put(quantized.zeroPoints, target.zeroPointsAt)
        } else {
          put(bias, target.at)
        }
      }
      const file = path.join(folder, 'linear.onnx')
      writeFileSync(file, plan.model)
      writeFileSync(`${file}.data`, data)
      const session = await openGraph(file)
      const { y } = await runOne(session, float(x, [ROWS, inputs]))
      const error = relativeError(
        y!,
        product(x, dequantize(quantized, OUTPUTS, inputs, bits, block), bias),
      )
      assert.ok(error < 1e-5, `relative error ${error}`)
    })
  }
})

describe('a linear layer quantized by its rows and outputs', () => {
  const weights = gaussians(OUTPUTS * INPUTS, 2)
  const bias = gaussians(OUTPUTS, 3)
  // Rows of very different size, and one of nothing.
  const x = gaussians(ROWS * INPUTS, 4).map((value, i) => {
    const row = Math.floor(i / INPUTS)
    return row === 5 ? 0 : value * 10 ** (row - 3)
  })

  /** What the layer gives for rows; bias and weights are those above. */
  async function run(rows: Float32Array, lowest?: number): Promise<Float32Array> {
    const g = new GraphBuilder('per-token')
    g.input('x', 'float32', [ROWS, INPUTS])
    const module = { modules: ['module'], inputs: INPUTS, outputs: OUTPUTS, bias: true }
    const storage = { float: 'float32', bits: 4, perToken: true } as const
    const layer = { ...module, quantize: true, lowest }
    g.op('Identity', [linear(g, storage, 'x', layer)], {}, 'y')
    g.output('y', 'float32', [ROWS, OUTPUTS])
    const plan = g.build()
    const { values, scales, sums } = quantizeColumns(weights, OUTPUTS, INPUTS)
    const data = new Uint8Array(plan.dataBytes)
    const put = (array: ArrayBufferView, at: number) =>
      data.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at)
    for (const { target } of plan.jobs) {
      if (target.format === 'int8-columns') {
        put(values, target.at)
        put(scales, target.scalesAt)
        if (target.sumsAt !== null) {
          put(sums, target.sumsAt)
        }
      } else {
        put(bias, target.at)
      }
    }
    const file = path.join(folder, 'per-token.onnx')
    writeFileSync(file, plan.model)
    writeFileSync(`${file}.data`, data)
    const session = await openGraph(file)
    const { y } = await runOne(session, float(rows, [ROWS, INPUTS]))
    await session.release()
    return y!
  }

  it('multiplies rounded rows by rounded weights', async () => {
    const y = await run(x)
    const rounded = roundRows(weights, OUTPUTS, INPUTS)
    const rows = roundRows(x, ROWS, INPUTS)
    rows.fill(0, 5 * INPUTS)
    const expected = product(rows, rounded, bias)
    // Row by row: an error of a small row must not hide behind a large one. A value half-way
    // between two steps may go either way, a difference of 1 / 127 in one of 384 inputs.
    for (let row = 0; row < ROWS; row++) {
      const [from, to] = [row * OUTPUTS, (row + 1) * OUTPUTS]
      const error = relativeError(y.subarray(from, to), expected.subarray(from, to))
      assert.ok(error < 1e-3, `row ${row}: relative error ${error}`)
    }
  })

  it('rounds to half as wide steps what is known never to be far below 0', async () => {
    const lowest = -0.17
    const rows = x.map((value) => Math.max(lowest, Math.abs(value) + lowest))
    const rounded = roundRows(weights, OUTPUTS, INPUTS)
    const expected = product(rows, rounded, bias)
    // Two rows whose largest value is far above the lowest, so that half the range would be empty.
    const wide = { from: 3 * OUTPUTS, to: 5 * OUTPUTS }
    const errorOf = (y: Float32Array, { from, to } = wide) =>
      relativeError(y.subarray(from, to), expected.subarray(from, to))
    const all = { from: 0, to: ROWS * OUTPUTS }
    const [centered, lifted] = [await run(rows), await run(rows, lowest)]
    assert.ok(errorOf(lifted, all) < 5e-3, `relative error ${errorOf(lifted, all)}`)
    assert.ok(errorOf(lifted) * 1.5 < errorOf(centered), `${errorOf(lifted)} ${errorOf(centered)}`)
  })

  it('keeps the weights as near as 127 steps can', () => {
    const { values, scales } = quantizeColumns(weights, OUTPUTS, INPUTS)
    assert.equal(Math.max(...values.map(Math.abs)), 127)
    const undone = Float32Array.from(weights, (_, i) => {
      const [row, column] = [Math.floor(i / INPUTS), i % INPUTS]
      return values[column * OUTPUTS + row]! * scales[row]!
    })
    const worst = undone.map((value, i) => {
      return Math.abs(value - weights[i]!) / scales[Math.floor(i / INPUTS)]!
    })
    assert.ok(Math.max(...worst) <= 0.5001)
    const zeros = quantizeColumns(new Float32Array(4), 2, 2)
    assert.deepEqual([...zeros.values, ...zeros.scales], [0, 0, 0, 0, 0, 0])
  })
})

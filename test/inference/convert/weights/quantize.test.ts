import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { quantize } from '../../../../inference/convert/weights/quantize.ts'
import { dequantize, gaussians } from '../../../helpers/quantized.ts'

/** Relative root mean square error of quantized weights. */
function relativeRms(weights: Float32Array, rows: number, columns: number, bits: 4 | 8): number {
  const restored = dequantize(quantize(weights, { rows, columns }, bits), rows, columns, bits)
  let error = 0
  let norm = 0
  for (let i = 0; i < weights.length; i++) {
    error += (weights[i]! - restored[i]!) ** 2
    norm += weights[i]! ** 2
  }
  return Math.sqrt(error / norm)
}

/** The same by rounding to the block's own range. */
function roundedRms(weights: Float32Array, levels: number): number {
  let error = 0
  let norm = 0
  for (let start = 0; start < weights.length; start += 128) {
    const block = weights.subarray(start, start + 128)
    const low = Math.min(0, ...block)
    const step = (Math.max(0, ...block) - low) / levels
    const zero = Math.round(-low / step)
    for (const w of block) {
      const q = Math.min(levels, Math.max(0, Math.round(w / step) + zero))
      error += (w - step * (q - zero)) ** 2
      norm += w * w
    }
  }
  return Math.sqrt(error / norm)
}

describe('quantize', () => {
  const weights = gaussians(8 * 384, 1)

  it('errs less with 4 bits than rounding does', () => {
    const ours = relativeRms(weights, 8, 384, 4)
    const rounded = roundedRms(weights, 15)
    assert.ok(ours < rounded * 0.96, `${ours} against ${rounded}`)
  })

  it('errs by less than one part in 150 with 8 bits', () => {
    assert.ok(relativeRms(weights, 8, 384, 8) < 1 / 150)
  })

  for (const bits of [4, 8] as const) {
    it(`keeps values that lie on ${bits}-bit levels`, () => {
      const levels = 2 ** bits
      const row = Float32Array.from({ length: 256 }, (_, i) => ((i % levels) - 3) * 0.25)
      const restored = dequantize(quantize(row, { rows: 1, columns: 256 }, bits), 1, 256, bits)
      // 256 levels do not all occur in 128 values: then the range is another, and steps are finer.
      const tolerance = bits === 4 ? 1e-6 : 0.25 / 2
      row.forEach((w, i) =>
        assert.ok(Math.abs(w - restored[i]!) <= tolerance, `${w}: ${restored[i]}`),
      )
    })

    it(`takes blocks of zeros, of one value, and of one sign in ${bits} bits`, () => {
      const row = new Float32Array(3 * 128)
      row.fill(0.5, 128, 256)
      row.forEach((_, i) => (row[i] = i >= 256 ? -1 - i / 384 : row[i]!))
      const restored = dequantize(quantize(row, { rows: 1, columns: 384 }, bits), 1, 384, bits)
      row.forEach((w, i) =>
        assert.ok(Math.abs(w - restored[i]!) < 0.07, `${i} ${w}: ${restored[i]}`),
      )
      assert.ok(restored.subarray(0, 128).every((w) => w === 0))
    })
  }
})

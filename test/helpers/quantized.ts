/** Dequantizes weights, independently of the code that quantizes them; and makes random weights. */

import type { Quantized } from '../../inference/convert/weights/quantize.ts'

/** scale * (q - zeroPoint), [rows, columns]. */
export function dequantize(
  { values, scales, zeroPoints }: Quantized,
  rows: number,
  columns: number,
  bits: 4 | 8,
  blockSize = 128,
): Float32Array {
  const blocks = columns / blockSize
  const zeroBytes = bits === 8 ? blocks : Math.ceil(blocks / 2)
  const out = new Float32Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const block = Math.floor(column / blockSize)
      const at = row * columns + column
      const q = bits === 8 ? values[at]! : nibble(values, (row * columns) / 2, column)
      const zero =
        bits === 8 ? zeroPoints[row * blocks + block]! : nibble(zeroPoints, row * zeroBytes, block)
      out[at] = scales[row * blocks + block]! * (q - zero)
    }
  }
  return out
}

/** Rows quantized to int8 by their largest value, and dequantized: scale * q, [rows, columns]. */
export function roundRows(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    const own = values.subarray(row * columns, (row + 1) * columns)
    const largest = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    out.set(
      own.map((value) => (Math.round((value / largest) * 127) * largest) / 127),
      row * columns,
    )
  }
  return out
}

/** The i-th half of the bytes from `start`, the low half of each first. */
function nibble(bytes: Uint8Array, start: number, i: number): number {
  return (bytes[start + Math.floor(i / 2)]! >> (i % 2 === 0 ? 0 : 4)) & 15
}

/** Normally distributed numbers (Box-Muller over a linear congruential generator). */
export function gaussians(length: number, seed: number): Float32Array {
  let state = seed
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
  return Float32Array.from(
    { length },
    () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  )
}

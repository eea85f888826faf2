/** Conversions between float32 and the 16-bit types of checkpoints, over whole arrays. */

import type { Dtype } from '../checkpoint/stored-tensor.ts'

/** The smallest magnitude that rounds to infinity in float16; the largest finite value is 65504. */
const OVERFLOW = 65520

/**
 * Decodes little-endian elements of a checkpoint to float32.
 *
 * @param bytes as many elements of `dtype` as `out` has; aligned to the element.
 * @param out float32, any shape; filled.
 */
export function toFloat32(bytes: Uint8Array, dtype: Dtype, out: Float32Array): void {
  const { buffer, byteOffset } = bytes
  const length = out.length
  switch (dtype) {
    case 'F64':
      out.set(new Float64Array(buffer, byteOffset, length))
      return
    case 'F32':
      out.set(new Float32Array(buffer, byteOffset, length))
      return
    case 'F16':
      out.set(new Float16Array(buffer, byteOffset, length))
      return
    case 'BF16': {
      // The upper half of a float32; JavaScript has no array of them.
      const halves = new Uint16Array(buffer, byteOffset, length)
      const bits = new Uint32Array(out.buffer, out.byteOffset, length)
      for (let i = 0; i < length; i++) {
        bits[i] = halves[i]! << 16
      }
    }
  }
}

/**
 * Rounds to float16, to nearest with ties to even.
 *
 * @param values float32, any shape.
 * @param out as long as `values`; filled.
 * @returns whether every value is finite and stayed so.
 */
export function toFloat16(values: Float32Array, out: Float16Array): boolean {
  out.set(values)
  for (let i = 0; i < values.length; i++) {
    if (!(Math.abs(values[i]!) < OVERFLOW)) {
      return false
    }
  }
  return true
}

/** Whether no value is NaN or infinite. @param values float32, any shape. */
export function isFinite32(values: Float32Array): boolean {
  let sum = 0
  for (let i = 0; i < values.length; i++) {
    sum += values[i]! * 0 // NaN for NaN and infinity, else 0
  }
  return sum === 0
}

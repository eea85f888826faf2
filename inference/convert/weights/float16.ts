/** Conversions between float32 and the 16-bit types of checkpoints, over whole arrays. */

import type { Dtype } from '../checkpoint/safetensors.ts'

let halfTable: Float32Array | undefined

/** All 65,536 float16 values, by their bits. */
function halfValues(): Float32Array {
  halfTable ??= new Float32Array(
    new Float16Array(Uint16Array.from({ length: 65536 }, (_, i) => i).buffer),
  )
  return halfTable
}

/**
 * Decodes little-endian elements into `out`.
 *
 * @param bytes as many elements of `dtype` as `out` has; aligned to the element.
 */
export function toFloat32(bytes: Uint8Array, dtype: Dtype, out: Float32Array): void {
  const { buffer, byteOffset } = bytes
  const length = out.length
  switch (dtype) {
    case 'F32':
      out.set(new Float32Array(buffer, byteOffset, length))
      return
    case 'F16': {
      const halves = new Uint16Array(buffer, byteOffset, length)
      const values = halfValues()
      for (let i = 0; i < length; i++) {
        out[i] = values[halves[i]!]!
      }
      return
    }
    case 'BF16': {
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
 * @returns whether every finite value stayed finite.
 */
export function toFloat16(values: Float32Array, out: Uint16Array): boolean {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  let finite = true
  for (let i = 0; i < values.length; i++) {
    const x = bits[i]!
    const sign = (x >>> 16) & 0x8000
    const magnitude = x & 0x7fffffff
    let half: number
    if (magnitude >= 0x47800000) {
      half = magnitude > 0x7f800000 ? 0x7e00 : 0x7c00
      finite &&= magnitude >= 0x7f800000
    } else if (magnitude >= 0x38800000) {
      // Normal: 10 bits of mantissa stay; adding 0xfff and the last kept bit rounds to even.
      half = (magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13
      finite &&= half < 0x7c00
    } else {
      half = subnormal(values[i]!)
    }
    out[i] = sign | half
  }
  return finite
}

/** Below 2^-14 a float16 counts in units of 2^-24. */
function subnormal(value: number): number {
  const units = Math.abs(value) * 2 ** 24
  const floor = Math.floor(units)
  const rest = units - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}

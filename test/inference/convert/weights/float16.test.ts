import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toFloat16, toFloat32 } from '../../../../inference/convert/weights/float16.ts'

function bitsOf(...values: number[]): string[] {
  const out = new Float16Array(values.length)
  assert.ok(toFloat16(Float32Array.from(values), out))
  return Array.from(new Uint16Array(out.buffer), (bits) => bits.toString(16))
}

function fits(...values: number[]): boolean {
  return toFloat16(Float32Array.from(values), new Float16Array(values.length))
}

describe('toFloat16', () => {
  it('rounds to nearest, ties to even, below 2^-14 in units of 2^-24', () => {
    assert.deepEqual(bitsOf(0, -0, 1, -2, 65504), ['0', '8000', '3c00', 'c000', '7bff'])
    const unit = 2 ** -10 // of the values from 1 to 2
    assert.deepEqual(bitsOf(1 + unit / 2, 1 + 1.5 * unit, 1 + unit / 2 + 2 ** -20), [
      '3c00',
      '3c02',
      '3c01',
    ])
    const least = 2 ** -24
    assert.deepEqual(bitsOf(least, least / 2, 1.5 * least, -3 * least, 2 ** -14), [
      '1',
      '0',
      '2',
      '8003',
      '400',
    ])
  })

  it('says when a value is not finite, or becomes infinite', () => {
    assert.equal(fits(1, 65519), true)
    assert.equal(fits(1, 65520), false)
    assert.equal(fits(-1e30), false)
    assert.equal(fits(Infinity), false)
    assert.equal(fits(1, NaN), false)
  })
})

describe('toFloat32', () => {
  it('decodes float16', () => {
    const out = new Float32Array(4)
    toFloat32(new Uint8Array(Uint16Array.of(0x3c01, 0xc000, 0x0001, 0x7c00).buffer), 'F16', out)
    assert.deepEqual(out, Float32Array.of(1 + 2 ** -10, -2, 2 ** -24, Infinity))
  })

  it('decodes bfloat16', () => {
    const out = new Float32Array(3)
    toFloat32(new Uint8Array(Uint16Array.of(0x3f80, 0xc000, 0x3dcd).buffer), 'BF16', out)
    assert.deepEqual(out, Float32Array.of(1, -2, 0.10009765625))
  })
})

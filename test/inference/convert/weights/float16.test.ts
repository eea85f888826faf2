import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toFloat16, toFloat32 } from '../../../../inference/convert/weights/float16.ts'
import { gaussians } from '../../../helpers/quantized.ts'

/** Largest finite float16. */
const MAX_HALF = 65504
const EDGES = [0, -0, 1, -1, 2 ** -14, 2 ** -24, 2 ** -25, 1.5 * 2 ** -24, 6e-8, 1e-10, MAX_HALF]

describe('toFloat16', () => {
  it('rounds as Float16Array does', () => {
    const scales = [1e-7, 1e-5, 1e-3, 1, 1e3]
    const values = Float32Array.from([
      ...EDGES,
      ...scales.flatMap((scale) => [...gaussians(2000, 4)].map((x) => x * scale)),
      ...Array.from({ length: 4000 }, (_, i) => 1 + i / 4096),
    ])
    const out = new Uint16Array(values.length)
    assert.ok(toFloat16(values, out))
    assert.deepEqual(out, new Uint16Array(new Float16Array(values).buffer))
  })

  it('says when a value is too large', () => {
    assert.equal(toFloat16(Float32Array.of(1, 65519), new Uint16Array(2)), true)
    assert.equal(toFloat16(Float32Array.of(1, 65520), new Uint16Array(2)), false)
    assert.equal(toFloat16(Float32Array.of(-1e30), new Uint16Array(1)), false)
  })
})

describe('toFloat32', () => {
  it('decodes every float16', () => {
    const halves = Uint16Array.from({ length: 65536 }, (_, i) => i)
    const out = new Float32Array(65536)
    toFloat32(new Uint8Array(halves.buffer), 'F16', out)
    assert.deepEqual(out, Float32Array.from(new Float16Array(halves.buffer)))
  })

  it('decodes bfloat16', () => {
    const out = new Float32Array(3)
    toFloat32(new Uint8Array(Uint16Array.of(0x3f80, 0xc000, 0x3dcd).buffer), 'BF16', out)
    assert.deepEqual(out, Float32Array.of(1, -2, 0.10009765625))
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sumOfExponentials } from '../../../inference/generation/exponential.ts'

describe('sumOfExponentials', () => {
  it('is that of Math.exp from -700 to 0, but for one part in 10 thousand million', () => {
    let worst = 0
    for (let i = 0; i <= 20_000; i++) {
      const x = Math.fround(-699.9 * (i / 20_000) ** 2)
      const sum = sumOfExponentials(Float32Array.of(x), 0)
      worst = Math.max(worst, Math.abs(sum / Math.exp(x) - 1))
    }
    assert.ok(worst < 1e-10, `${worst}`)
  })

  it('gives each, too, 0 of what is forbidden, and sums them', () => {
    const out = new Float32Array(4)
    const values = Float32Array.of(3, 2, -Infinity, -1000)
    const sum = sumOfExponentials(values, 3, out)
    assert.ok(Math.abs(sum - (1 + Math.exp(-1))) < 1e-10, `${sum}`)
    assert.deepEqual([...out], [1, Math.fround(Math.exp(-1)), 0, 0])
  })
})

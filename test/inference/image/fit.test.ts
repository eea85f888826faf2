/** How pictures of any shape are fitted into the square of a vision tower. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fitted } from '../../../inference/image/fit.ts'
import { resize } from '../../../inference/image/resize.ts'

const blank = (width: number, height: number) => ({
  width,
  height,
  data: new Uint8Array(width * height * 3),
})
const sides = (width: number, height: number, fit: 'squash' | 'pad') => {
  const image = fitted(blank(width, height), { side: 224, fit })
  return [image.width, image.height]
}

describe('fitted', () => {
  it('squashes to the whole square', () => {
    assert.deepEqual(sides(300, 100, 'squash'), [224, 224])
  })

  it('keeps the aspect ratio to pad, larger and smaller', () => {
    assert.deepEqual(sides(448, 224, 'pad'), [224, 112])
    assert.deepEqual(sides(30, 60, 'pad'), [112, 224])
    assert.deepEqual(sides(224, 224, 'pad'), [224, 224])
  })

  it('rounds down, as transformers does', () => {
    // int(100 * (224 / 333)) in Python.
    assert.deepEqual(sides(333, 100, 'pad'), [224, 67])
    // int(55 * (224 / 55)) is 223.
    assert.deepEqual(sides(55, 55, 'pad'), [223, 223])
  })

  it('leaves a pixel of a picture that is almost a line', () => {
    assert.deepEqual(sides(9000, 2, 'pad'), [224, 1])
  })
})

/** Pixels that are all different. */
function mixed(width: number, height: number) {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 89 + (i >> 3)) % 256)
  return { width, height, data }
}

describe('fitted, crop', () => {
  it('is the middle of the whole resized picture', () => {
    for (const [width, height] of [
      [50, 21],
      [21, 50],
      [16, 33],
    ] as const) {
      const image = mixed(width, height)
      const wide = width > height
      const long = Math.trunc((16 * Math.max(width, height)) / Math.min(width, height))
      const whole = resize(image, wide ? long : 16, wide ? 16 : long)
      const start = Math.floor((long - 16) / 2)
      const part = fitted(image, { side: 16, fit: 'crop' })
      assert.deepEqual([part.width, part.height], [16, 16])
      for (let y = 0; y < 16; y++) {
        const from = (wide ? y * long + start : (start + y) * 16) * 3
        const row = part.data.subarray(y * 16 * 3, (y + 1) * 16 * 3)
        assert.deepEqual(row, whole.data.subarray(from, from + 16 * 3))
      }
    }
  })

  it('takes little memory for a picture that is almost a line', () => {
    const { width, height } = fitted(blank(50_000, 2), { side: 16, fit: 'crop' })
    assert.deepEqual([width, height], [16, 16])
  })
})

describe('fitted, surround', () => {
  it('is the resized square with bars at both ends', () => {
    for (const [width, height] of [
      [40, 17],
      [17, 40],
      [30, 30],
    ] as const) {
      const image = mixed(width, height)
      const longest = Math.max(width, height)
      const [left, top] = [Math.floor((longest - width) / 2), Math.floor((longest - height) / 2)]
      const square = { width: longest, height: longest, data: new Uint8Array(longest ** 2 * 3) }
      for (let i = 0; i < square.data.length; i++) {
        square.data[i] = [9, 200, 77][i % 3]!
      }
      for (let y = 0; y < height; y++) {
        const row = image.data.subarray(y * width * 3, (y + 1) * width * 3)
        square.data.set(row, ((top + y) * longest + left) * 3)
      }
      const background = [9, 200, 77] as const
      const part = fitted(image, { side: 16, fit: 'surround', background })
      assert.deepEqual(part, resize(square, 16, 16))
    }
  })
})

/** How pictures of any shape are fitted into the square of a vision tower. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fitted } from '../../../inference/image/fit.ts'

const blank = (width: number, height: number) => ({
  width,
  height,
  data: new Uint8Array(width * height * 3),
})
const sides = (width: number, height: number, fit: 'squash' | 'pad') => {
  const image = fitted(blank(width, height), 224, fit)
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

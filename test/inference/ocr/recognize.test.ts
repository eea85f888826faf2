/** CTC decoding, and lines of one width in one run. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { charactersOf, summaryOf } from '../../../inference/ocr/ctc.ts'
import { batchesOf } from '../../../inference/ocr/recognize.ts'
import { turnLeft, turnOver } from '../../../inference/ocr/sampling.ts'

const CHARACTERS = ['', 'a', 'b', ' ']

/** Probabilities of steps, each with one likeliest class. */
function steps(...likeliest: (readonly [index: number, probability: number])[]): Float32Array {
  return Float32Array.from(
    likeliest.flatMap(([index, probability]) =>
      CHARACTERS.map((_, i) => (i === index ? probability : (1 - probability) / 3)),
    ),
  )
}

/** A crop of some size, without pixels. */
function crop(width: number, height: number) {
  return { width, height, data: new Uint8Array(0) }
}

/** The red channel. */
function reds(data: Uint8Array): number[] {
  return [...data].filter((_, i) => i % 3 === 0)
}

/** Decodes one line. */
function decode(probabilities: Float32Array) {
  return summaryOf(charactersOf(probabilities, CHARACTERS))
}

describe('decoding', () => {
  it('merges repetitions, and takes a blank between two for two characters', () => {
    const data = steps([1, 0.9], [1, 0.8], [0, 0.9], [1, 0.7], [3, 0.9], [2, 0.5])
    const { text, confidence } = decode(data)
    assert.equal(text, 'aa b')
    assert.ok(Math.abs(confidence - (0.9 + 0.7 + 0.9 + 0.5) / 4) < 1e-6)
  })

  it('gives no text for blanks', () => {
    assert.deepEqual(decode(steps([0, 0.9], [0, 0.9])), { text: '', confidence: 0 })
  })
})

describe('batchesOf', () => {
  it('puts lines of similar width into one run, in order', () => {
    const crops = [crop(100, 20), crop(400, 20), crop(10, 20), crop(99, 20)]
    assert.deepEqual(batchesOf(crops, 48), [
      { width: 256, indices: [0, 3] },
      { width: 960, indices: [1] },
      { width: 160, indices: [2] },
    ])
  })

  it('bounds a run', () => {
    const crops = Array.from({ length: 9 }, () => crop(600, 20))
    assert.deepEqual(
      batchesOf(crops, 48).map(({ indices }) => indices.length),
      [3, 3, 3],
    )
    assert.equal(batchesOf([crop(100_000, 10)], 48)[0]!.width, 3200)
  })

  it('begins with the first lines, whatever their width', () => {
    const crops = Array.from({ length: 12 }, (_, i) => crop(i % 2 === 0 ? 600 : 400, 20))
    assert.deepEqual(
      batchesOf(crops, 48).map(({ indices }) => indices),
      [[0, 2, 4], [1, 3, 5, 7, 9], [6, 8, 10], [11]],
    )
  })
})

describe('turnLeft', () => {
  // Two rows of three pixels, numbered by their red channel.
  const image = {
    width: 3,
    height: 2,
    data: Uint8Array.from([1, 2, 3, 4, 5, 6].flatMap((n) => [n, 0, 0])),
  }

  it('makes the last column the first row', () => {
    const turned = turnLeft(image)
    assert.deepEqual([turned.width, turned.height], [2, 3])
    assert.deepEqual(reds(turned.data), [3, 6, 2, 5, 1, 4])
  })

  it('twice is turning over', () => {
    assert.deepEqual(turnLeft(turnLeft(image)), turnOver(image))
  })
})

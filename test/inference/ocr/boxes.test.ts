/** Boxes of text: components, rectangles of any angle, growth, rows, tiles. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { boxesOf } from '../../../inference/ocr/boxes.ts'
import { componentsAbove } from '../../../inference/ocr/components.ts'
import { tilesOf } from '../../../inference/ocr/detect.ts'
import { cornersOf, minAreaRectangle, type Quad } from '../../../inference/ocr/geometry.ts'
import { inReadingOrder } from '../../../inference/ocr/reading-order.ts'

const OPTIONS = { threshold: 0.2, boxThreshold: 0.4, unclipRatio: 1.4 }

function box(left: number, top: number, right: number, bottom: number): Quad {
  return [
    { x: left, y: top },
    { x: right, y: top },
    { x: right, y: bottom },
    { x: left, y: bottom },
  ]
}

/** A map from rows of digits: tenths. */
function mapOf(...rows: string[]) {
  const data = Float32Array.from(rows.join(''), (digit) => Number(digit) / 10)
  return { width: rows[0]!.length, height: rows.length, data }
}

describe('componentsAbove', () => {
  it('joins pixels at corners, and gives the ends of each row', () => {
    const map = mapOf('90003', '09900', '00000', '00007')
    assert.deepEqual(componentsAbove(map, 0.2, 10), [
      [
        { x: 0, y: 0 },
        { x: 1, y: 1 },
        { x: 2, y: 1 },
      ],
      [{ x: 4, y: 0 }],
      [{ x: 4, y: 3 }],
    ])
    assert.equal(componentsAbove(map, 0.2, 2).length, 2)
    assert.equal(componentsAbove(map, 0.5, 10).length, 2)
  })
})

describe('minAreaRectangle', () => {
  it('finds the angle of a turned square', () => {
    const rectangle = minAreaRectangle([
      { x: 5, y: 0 },
      { x: 10, y: 5 },
      { x: 5, y: 10 },
      { x: 0, y: 5 },
      { x: 5, y: 5 },
    ])
    assert.ok(Math.abs(rectangle.width - Math.SQRT2 * 5) < 1e-9)
    assert.ok(Math.abs(rectangle.height - Math.SQRT2 * 5) < 1e-9)
    assert.ok(Math.hypot(rectangle.center.x - 5, rectangle.center.y - 5) < 1e-9)
  })

  it('takes points on a line', () => {
    const { width, height } = minAreaRectangle([
      { x: 0, y: 0 },
      { x: 3, y: 4 },
    ])
    assert.ok(Math.abs(Math.max(width, height) - 5) < 1e-9)
    assert.ok(Math.min(width, height) < 1e-9)
  })
})

describe('cornersOf', () => {
  it('begins at the upper corner on the left, and goes on clockwise', () => {
    const turned = { center: { x: 5, y: 5 }, direction: { x: 0, y: 1 }, width: 4, height: 10 }
    assert.deepEqual(cornersOf(turned), box(0, 3, 10, 7))
  })
})

describe('boxesOf', () => {
  const text = Array.from({ length: 20 }, (_, y) =>
    Array.from({ length: 40 }, (_, x) =>
      x >= 10 && x <= 30 && y >= 8 && y <= 12 ? '9' : '0',
    ).join(''),
  )

  it('lets a box grow by its area and perimeter, and scales it to the picture', () => {
    // The core is 20 x 4: it grows by 20 * 4 * 1.4 / 48 = 2.33 on each side.
    const [found, ...others] = boxesOf(mapOf(...text), { width: 80, height: 40 }, OPTIONS)
    assert.deepEqual(others, [])
    assert.deepEqual(found!.corners, box(16, 12, 64, 28))
    assert.ok(Math.abs(found!.score - 0.9) < 1e-6)
  })

  it('drops what is unlikely, and what is thin', () => {
    const unlikely = text.map((row) => row.replaceAll('9', '3'))
    assert.deepEqual(boxesOf(mapOf(...unlikely), { width: 40, height: 20 }, OPTIONS), [])
    const thin = text.map((row, y) => (y === 8 || y === 9 ? row : row.replaceAll('9', '0')))
    assert.deepEqual(boxesOf(mapOf(...thin), { width: 40, height: 20 }, OPTIONS), [])
  })
})

describe('inReadingOrder', () => {
  it('reads rows from left to right, although their boxes are not level', () => {
    const items = [
      { name: 'second row', corners: box(10, 30, 90, 42) },
      { name: 'right', corners: box(60, 8, 90, 20) },
      { name: 'left', corners: box(10, 11, 50, 23) },
    ]
    assert.deepEqual(
      inReadingOrder(items).map(({ name }) => name),
      ['left', 'right', 'second row'],
    )
  })

  it('never puts lines into one row that stand above each other', () => {
    const items = [
      { name: 'below', corners: box(10, 20, 60, 33) },
      { name: 'symbol at the right of both', corners: box(100, 9, 120, 27) },
      { name: 'above', corners: box(12, 3, 90, 17) },
    ]
    const order = inReadingOrder(items).map(({ name }) => name)
    assert.ok(order.indexOf('above') < order.indexOf('below'), order.join())
  })
})

describe('tilesOf', () => {
  it('takes a picture whole up to 2,000 pixels', () => {
    assert.deepEqual(tilesOf(2000), [{ top: 0, bottom: 2000, from: 0, to: 2000 }])
  })

  it('divides a taller one, each row belonging to one tile that sees what is around it', () => {
    for (const height of [2001, 4500, 12_345]) {
      const tiles = tilesOf(height)
      assert.equal(tiles[0]!.top, 0)
      assert.equal(tiles[0]!.from, 0)
      assert.equal(tiles.at(-1)!.to, height)
      for (const [i, tile] of tiles.entries()) {
        assert.ok(tile.bottom - tile.top <= 1601, `${tile.bottom - tile.top}`)
        const next = tiles[i + 1]
        if (next) {
          assert.ok(Math.abs(tile.to - next.from) < 1e-9)
          assert.ok(tile.bottom - tile.to >= 127)
        }
      }
    }
  })
})

/** The function of WebAssembly that multiplies rows, beside a loop in JavaScript. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRandom } from '../../../../bench/report/random.ts'
import { eachDotProduct } from '../../../../bot/find/picture-index/dot-products.ts'

function never(): never {
  assert.fail()
}

describe('eachDotProduct', () => {
  it('gives the products of all rows in order, also of more than it takes at once', () => {
    const random = createRandom(1)
    const draw = (length: number) =>
      Int8Array.from({ length }, () => Math.floor(random.between(-127, 128)))
    for (const [width, count] of [
      [8, 1],
      [16, 5],
      [256, 1100],
      [768, 400],
    ] as const) {
      const [rows, query] = [draw(width * count), draw(width)]
      const products: number[] = []
      eachDotProduct(rows, query, (row, product) => {
        assert.equal(row, products.length)
        products.push(product)
      })
      const expected = Array.from({ length: count }, (_, row) =>
        query.reduce((sum, value, i) => sum + value * rows[row * width + i]!, 0),
      )
      assert.deepEqual(products, expected)
    }
  })

  it('gives the largest sums whole, and nothing for no rows', () => {
    const query = new Int8Array(4096).fill(-127)
    const products: number[] = []
    eachDotProduct(query, query, (_, product) => products.push(product))
    eachDotProduct(new Int8Array(0), query, (_, product) => products.push(product))
    assert.deepEqual(products, [127 * 127 * 4096])
  })

  it('refuses rows of another width', () => {
    for (const [rows, width] of [
      [12, 12],
      [12, 8],
      [0, 0],
    ] as const) {
      assert.throws(
        () => eachDotProduct(new Int8Array(rows), new Int8Array(width), never),
        RangeError,
      )
    }
  })
})

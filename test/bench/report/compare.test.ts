import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { alternate, inWords, quantile, spread } from '../../../bench/report/compare.ts'

describe('alternate', () => {
  it('measures the sides in turn and throws the first round away', async () => {
    const order: string[] = []
    const side = (name: string) => async () => order.push(name)
    const results = await alternate(2, { a: side('a'), b: side('b') })
    assert.deepEqual(order, ['a', 'b', 'a', 'b', 'a', 'b'])
    assert.deepEqual(results, { a: [3, 5], b: [4, 6] })
  })
})

describe('spread', () => {
  it('is the median and the range', () => {
    const { median, low, high } = spread([5, 1, 3, 2])
    assert.deepEqual([median, low, high], [2.5, 1, 5])
    assert.equal(inWords(spread([1, 2, 4]), 's', 1), '2.0 s (1.0–4.0)')
    assert.throws(() => spread([]), RangeError)
  })
})

describe('quantile', () => {
  it('lies between its neighbors', () => {
    assert.equal(quantile([0, 10], 0.99), 9.9)
    assert.equal(quantile([7], 0.5), 7)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTally, formatTable, percent } from '../../../bench/report/tally.ts'

describe('createTally', () => {
  it('gives the share of right answers by category and over all', () => {
    const tally = createTally()
    tally.add('color', true)
    tally.add('color', false)
    tally.add('count', true)
    assert.equal(tally.share('color'), 0.5)
    assert.equal(tally.share('count'), 1)
    assert.equal(tally.share(), 2 / 3)
    assert.deepEqual(tally.categories(), ['color', 'count'])
  })

  it('knows nothing of what was not asked', () => {
    assert.equal(createTally().share('color'), null)
    assert.equal(percent(null), '–')
  })
})

describe('formatTable', () => {
  it('aligns the first column left and the others right', () => {
    const rows = [
      ['a', '10 %'],
      ['long', '9 %'],
    ]
    assert.equal(formatTable(rows), 'a      10 %\nlong    9 %\n')
  })
})

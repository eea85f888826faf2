import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { markdownTable } from '../../../bench/report/markdown.ts'

describe('markdownTable', () => {
  it('pads cells, the first column to the left and the others to the right', () => {
    const table = markdownTable([
      ['', 'a', 'long head'],
      ['row', '1.5', '2'],
    ])
    assert.equal(
      table,
      '|     |   a | long head |\n| --- | --: | --------: |\n| row | 1.5 |         2 |',
    )
  })
})

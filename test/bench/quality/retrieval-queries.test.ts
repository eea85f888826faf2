import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { contentsOf, queriesOf, textOf } from '../../../bench/quality/retrieval-queries.ts'
import type { Thing } from '../../../bench/hands/truth.ts'

function thing(shape: string, ...colors: string[]): Thing {
  return { shape, colors, box: [0, 0, 0.1, 0.1], style: [] }
}

const FIRST = {
  objects: [thing('star', 'red'), thing('oval', 'blue', 'purple')],
  background: 'white',
}
const SECOND = { objects: [thing('star', 'red'), thing('cat')], background: null }

describe('textOf', () => {
  it('names what is there, the same way in any order', () => {
    assert.equal(textOf(FIRST), 'a blue oval and a red star')
    const reversed = { objects: FIRST.objects.toReversed() }
    assert.equal(textOf(reversed), textOf(FIRST))
    assert.equal(textOf(SECOND), 'a cat and a red star')
  })
})

describe('contentsOf', () => {
  it('has each thing by its shape and by each color that it may have, colors, and a background that is sure', () => {
    assert.deepEqual([...contentsOf(FIRST)].toSorted(), [
      'blue',
      'blue oval',
      'oval',
      'purple',
      'purple oval',
      'red',
      'red star',
      'star',
      'white',
      'white background',
    ])
    assert.deepEqual([...contentsOf(SECOND)].toSorted(), ['cat', 'red', 'red star', 'star'])
  })
})

describe('queriesOf', () => {
  it('searches for what several pictures have, by kind', () => {
    const queries = queriesOf([contentsOf(FIRST), contentsOf(SECOND), new Set(['cat'])])
    assert.deepEqual(queries, [
      { kind: 'a thing', text: 'a cat', wanted: 'cat' },
      { kind: 'a shape of a color', text: 'a red star', wanted: 'red star' },
      { kind: 'a shape', text: 'a star', wanted: 'star' },
      { kind: 'a color', text: 'red', wanted: 'red' },
    ])
  })
})

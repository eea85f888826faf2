import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isRight, namedThings, namesAll, plainAnswer } from '../../../bench/hands/score.ts'
import type { HandPicture, Question, Thing } from '../../../bench/hands/truth.ts'

function thing(shape: string, ...colors: string[]): Thing {
  return { shape, colors, box: [0, 0, 0.1, 0.1], style: [] }
}

function picture(...objects: Thing[]): HandPicture {
  const size = { width: 100, height: 100 }
  return { name: 'canvas/001.png', background: 'white', style: [], questions: [], ...size, objects }
}

function question(kind: Question['kind'], ...answers: string[]): Question {
  return { kind, text: '', answers }
}

describe('plainAnswer', () => {
  it('drops what people may or may not say', () => {
    assert.equal(plainAnswer('At the top left.'), 'top left')
    assert.equal(plainAnswer('A red circle'), 'red circle')
    assert.equal(plainAnswer('There is no heart in this picture.'), 'there is no heart')
  })
})

describe('isRight', () => {
  it('takes any accepted answer and no other', () => {
    assert.equal(isRight('Two', question('count', '2', 'two')), true)
    assert.equal(isRight('three', question('count', '2', 'two')), false)
    assert.equal(isRight('left', question('position', 'top left', 'left top')), false)
    assert.equal(isRight('top left', question('position', 'left')), false)
  })

  it('takes any way to say that something is not there', () => {
    const absent = question('absent', 'there is no heart', 'none')
    assert.equal(isRight('There is no heart in this picture.', absent), true)
    assert.equal(isRight('there are no hearts', absent), true)
    assert.equal(isRight('red', absent), false)
  })
})

describe('namedThings', () => {
  it('finds shapes with their colors', () => {
    assert.deepEqual(
      namedThings('a small light blue circle on the left and a red star on a gray background'),
      [
        { color: 'blue', shape: 'circle' },
        { color: 'red', shape: 'star' },
      ],
    )
  })

  it('counts what is named together', () => {
    assert.deepEqual(namedThings('two green crosses and a ring'), [
      { color: 'green', shape: 'cross' },
      { color: 'green', shape: 'cross' },
      { color: null, shape: 'ring' },
    ])
  })

  it('does not give the background its color to a shape', () => {
    const shapeAlone = [{ color: null, shape: 'circle' }]
    assert.deepEqual(namedThings('on a gray background there is a circle'), shapeAlone)
  })

  it('does not take a border for a shape', () => {
    assert.deepEqual(namedThings('a red heart with a black border, a circle'), [
      { color: 'red', shape: 'heart' },
      { color: null, shape: 'circle' },
    ])
  })
})

describe('namesAll', () => {
  const two = picture(thing('circle', 'red'), thing('square', 'blue'))

  it('takes any order', () => {
    assert.equal(namesAll('a blue square above a red circle', two), true)
  })

  it('refuses what is missing, too much, or of another color', () => {
    assert.equal(namesAll('a red circle', two), false)
    assert.equal(namesAll('a red circle, a blue square and a blue star', two), false)
    assert.equal(namesAll('a blue circle and a blue square', two), false)
    assert.equal(namesAll('a red circle and a red circle', two), false)
  })

  it('lets an object have two names', () => {
    const hollow = picture(thing('circle', 'black', 'white'), thing('circle', 'black'))
    assert.equal(namesAll('a black circle and a white circle', hollow), true)
    assert.equal(namesAll('two white circles', hollow), false)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Said, SaidOfOther } from '../../../bench/hands/answers.ts'
import { listWrong, summaryOf } from '../../../bench/hands/report.ts'
import type { HandPicture, Question, Thing } from '../../../bench/hands/truth.ts'

const HEART: Thing = {
  shape: 'heart',
  colors: ['red'],
  box: [0.1, 0.1, 0.2, 0.2],
  style: ['filled'],
}
const QUESTION: Question = { kind: 'color', text: 'what color is the heart?', answers: ['red'] }
const RULES = { rules: 0, precision: null, recall: null }

/** What was said about a picture; its one answer is `red`. */
function said(caption: string, isTurnedAway: boolean, objects: readonly Thing[] = [HEART]): Said {
  const picture: HandPicture = {
    name: 'canvas/001.png',
    background: 'white',
    style: [],
    width: 100,
    height: 100,
    objects,
    questions: [QUESTION],
  }
  const source = { key: '', bytes: () => Promise.resolve(new Uint8Array()) }
  const answer = { question: QUESTION, text: 'red', isRight: !isTurnedAway, isRightInside: true }
  return { picture, source, caption, isTurnedAway, answers: [answer] }
}

function saidOfOther(what: string, isFalse: boolean): SaidOfOther {
  return { picture: { name: 'others/001.png', what }, caption: 'a red heart', isFalse }
}

function rowsOf(all: readonly Said[]) {
  const { rows } = summaryOf({
    said: all,
    things: [],
    others: [],
    rules: RULES,
    agreement: null,
    further: [],
  })
  return new Map(rows.map((row) => [row.name, row]))
}

describe('summaryOf', () => {
  it('counts captions and answers by renderer and size', () => {
    const rows = rowsOf([said('a red heart', false), said('a blue heart', false)])
    assert.deepEqual(rows.get('one object, small')?.shares, { all: 0.5, canvas: 0.5 })
    assert.deepEqual(rows.get('objects named, small')?.shares, { all: 0.5, canvas: 0.5 })
    assert.deepEqual(rows.get('all questions')?.shares, { all: 1, canvas: 1 })
    assert.equal(rows.has('one object, large'), false)
  })

  it('takes what is right about a picture that was turned away for wrong, but in the last column', () => {
    const rows = rowsOf([said('a red heart', true)])
    for (const name of ['one object', 'objects named, small', 'question: color']) {
      assert.deepEqual(rows.get(name)?.shares, { all: 0, canvas: 0 }, name)
      assert.equal(rows.get(name)?.inside, 1, name)
    }
  })

  it('lets an empty picture be turned away', () => {
    const empty = said('a red heart', true, [])
    const { rows, turnedAway } = summaryOf({
      said: [empty],
      things: [],
      others: [],
      rules: RULES,
      agreement: null,
      further: [],
    })
    const nothing = rows.find(({ name }) => name === 'captions, nothing')
    assert.equal(nothing?.shares['all'], 1)
    assert.equal(nothing?.inside, 0)
    assert.equal(turnedAway, 0)
  })

  it('counts descriptions of other pictures by what they are', () => {
    const { falseDescriptions } = summaryOf({
      said: [],
      things: [],
      others: [saidOfOther('noise', true), saidOfOther('memes', false)],
      rules: RULES,
      agreement: null,
      further: [],
    })
    assert.deepEqual(falseDescriptions, { all: 0.5, noise: 1, memes: 0 })
  })
})

describe('the rows of things and digits', () => {
  it('count a thing by its name and a digit by its color, too', () => {
    const cat: Thing = { shape: 'cat', colors: [], box: [0, 0, 0.5, 0.5], style: ['thing'] }
    const seven: Thing = { shape: '7', colors: ['red'], box: [0, 0, 0.1, 0.1], style: ['digit'] }
    const { things, rows } = summaryOf({
      said: [],
      things: [
        said('a cat and a red 7', false, [cat, seven]),
        said('a dog', false, [cat]),
        said('a blue 7', false, [seven]),
        said('a cat', true, [cat]),
      ],
      others: [],
      rules: RULES,
      agreement: null,
      further: [],
    })
    assert.deepEqual(rows, [])
    const shares = things.map(({ name, count, share, inside }) => [name, count, share, inside])
    assert.deepEqual(shares, [
      ['things named', 3, 1 / 3, 2 / 3],
      ['digits named', 2, 0.5, 0.5],
      ['captions naming all', 4, 0.25, 0.5],
      ['questions', 4, 0.75, 1],
    ])
  })
})

describe('listWrong', () => {
  it('lists a wrong caption with the truth', () => {
    assert.match(
      listWrong([said('a blue heart', false)], []),
      /canvas\/001\.png caption: a blue heart \| red heart \(filled 10 %\)/,
    )
    assert.doesNotMatch(listWrong([said('a red heart', false)], []), /canvas/)
  })
})

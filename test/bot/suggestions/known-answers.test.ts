import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isKnown, referentOf } from '../../../bot/suggestions/known-answers.ts'

const WORDS = {
  words: { shape: ['circle', 'square', 'star'], color: ['red', 'yellow', 'blue'] },
  things: ['shape'],
  noAnswers: ['nothing', 'none'],
}
const CAPTION = 'a small yellow star at the top left and a large red circle on a gray background'
const FIRST = { caption: CAPTION, history: [] }

/** Whether a question with this answer is left out. */
function known(question: string, answer: string, situation: Parameters<typeof isKnown>[2] = FIRST) {
  return isKnown(WORDS, { question, answer }, situation)
}

describe('isKnown', () => {
  it('leaves out what has no answer', () => {
    assert.ok(known('what is above the star?', 'nothing'))
    assert.ok(known('what is above the star?', 'None.'))
    assert.ok(known('what is above the star?', ''))
  })

  it('leaves out what counts to nothing', () => {
    assert.ok(known('how many white shapes are there?', '0'))
    assert.equal(known('how many shapes are there?', '2'), false)
  })

  it('leaves out "the star" where the caption has several', () => {
    const stars = { caption: `${CAPTION} and a small red star`, history: [] }
    assert.ok(known('what is above the star?', 'blue square', stars))
    assert.equal(known('what is above the circle?', 'blue square', stars), false)
    assert.equal(known('how many stars are there?', '2', stars), false)
  })

  it('leaves out what the caption says of the very thing', () => {
    assert.ok(known('what color is the star?', 'yellow'))
    assert.ok(known('where is the star?', 'top left'))
    assert.ok(known('what color is the background?', 'gray'))
  })

  it('leaves in what the caption does not say, though it has the words', () => {
    assert.equal(known('what is to the left of the circle?', 'yellow star'), false)
    assert.equal(known('which is bigger, the circle or the star?', 'circle'), false)
    assert.equal(known('how many shapes are there?', '2'), false)
  })

  it('leaves out what the last answer gave, also by "it"', () => {
    const history = [{ question: 'what is to the left of the circle?', answer: 'yellow star' }]
    assert.ok(known('what color is it?', 'yellow', { caption: '', history }))
    assert.ok(known('where is it?', 'top left', { caption: CAPTION, history }))
    const color = [{ question: 'what color is the star?', answer: 'yellow' }]
    assert.ok(known('what shape is it?', 'star', { caption: '', history: color }))
    assert.equal(known('what is below it?', 'blue square', { caption: CAPTION, history }), false)
  })
})

function referent(question: string, answer: string) {
  return referentOf(WORDS, { question, answer })
}

describe('referentOf', () => {
  it('is the one thing that the answer names, else the one that was asked about', () => {
    assert.equal(referent('what is to the left of the circle?', 'yellow star'), 'star')
    assert.equal(referent('what color is the star?', 'yellow'), 'star')
  })

  it('is nothing after a number, yes, no, nothing, several things or none', () => {
    assert.equal(referent('how many shapes are there?', '4'), null)
    assert.equal(referent('is the star yellow?', 'yes'), null)
    assert.equal(referent('what is above the star?', 'nothing'), null)
    assert.equal(referent('what is there?', 'a star and a circle'), null)
    assert.equal(referent('what color is the background?', 'gray'), null)
    assert.equal(referentOf(WORDS, undefined), null)
  })
})

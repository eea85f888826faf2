import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { asksForDescription } from '../../../inference/domain/description-question.ts'

const DEMO = { domain: { knows: { en: 'shapes', zh: '图形' } } }
const WHOLE = [
  'what is this?',
  "What's this",
  'what’s that?',
  'what is this picture?',
  'what is in this picture?',
  "what's in the image?",
  'what is shown here?',
  'what is going on in this photo?',
  'what do you see?',
  'What can you see in this picture?',
  'what does the picture show?',
  'what is this a picture of?',
  'describe this',
  'please describe the image for me',
  'can you describe it please?',
  'tell me what you see',
  'tell me about this picture',
]
const PARTS = [
  'what is in the center?',
  'what is in the top left?',
  'what is this color?',
  'what is the star?',
  'what is above the circle?',
  'what color is this?',
  'how many shapes are in the picture?',
  'what shapes do you see?',
  'is this a picture?',
  'describe the star',
]

describe('asksForDescription', () => {
  for (const question of WHOLE) {
    it(`of “${question}”`, () => {
      assert.ok(asksForDescription(DEMO, { question, history: [{}] }))
    })
  }

  for (const question of PARTS) {
    it(`not of “${question}”`, () => {
      assert.ok(!asksForDescription(DEMO, { question, history: [] }))
    })
  }

  it('of “what is it?” only where nothing was talked about', () => {
    assert.ok(asksForDescription(DEMO, { question: 'what is it?', history: [] }))
    assert.ok(!asksForDescription(DEMO, { question: "what's it?", history: [{}] }))
  })

  it('not of a model of all kinds of pictures, which answers by itself', () => {
    assert.ok(!asksForDescription({}, { question: 'what is this?', history: [] }))
  })
})

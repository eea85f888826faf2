import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { knownQuestion, knownText } from '../../../inference/text/known-question.ts'

const WORDS =
  'what which color where how big many is are the star circle in picture there a you see can me tell of it to'
const SYNONYMS = { image: 'picture', pic: 'picture', could: 'can', hue: 'color' }
const CARD = { questions: { vocabulary: WORDS.split(' '), synonyms: SYNONYMS } }
const DEMO_CARD = path.join(import.meta.dirname, '../../../models/demo/model.json')

/** What is said, and what the model gets. */
const SAID = {
  'What hue is the star?': 'what color is the star?',
  'hey, please tell me what color the star is': 'what color is the star?',
  'Could you say how big the circle is?': 'how big is the circle?',
  'where is the star in this image?': 'where is the star in the picture?',
  'can you tell me which star is there please': 'which star is there?',
  'So what’s the hue of it?': "what's the color of it?",
  'where is the star located': 'where is the star?',
  'what color is the star :smile: 🙂': 'what color is the star?',
}

function unknown(question: string) {
  return knownQuestion(CARD, question).unknown
}

describe('knownQuestion', () => {
  for (const [said, asked] of Object.entries(SAID)) {
    it(`makes “${asked}” of “${said}”`, () => {
      assert.deepEqual(knownQuestion(CARD, said), { question: asked, unknown: [] })
    })
  }

  it('leaves a question as it is where the model knows all of its words', () => {
    for (const question of ['Tell me the color of the star', 'What’s it?', ' is it there? ']) {
      assert.deepEqual(knownQuestion(CARD, question), { question, unknown: [] })
    }
  })

  it('names the words that the model does not know, each once, three at most', () => {
    assert.deepEqual(unknown('Is there a Dog?'), ['dog'])
    assert.deepEqual(unknown('is the dog a dog?'), ['dog'])
    assert.deepEqual(unknown('Wie viele Sterne gibt es?'), ['wie', 'viele', 'sterne'])
    assert.deepEqual(unknown("isn't it the star?"), ["isn't"])
  })

  it('says nothing of words where the card has no vocabulary', () => {
    const question = 'please, is there a dog?'
    assert.deepEqual(knownQuestion({}, question), { question, unknown: [] })
    assert.deepEqual(knownQuestion({ questions: {} }, question), { question, unknown: [] })
  })

  it('knows every question that the demo model suggests', () => {
    const { questions } = JSON.parse(readFileSync(DEMO_CARD, 'utf8'))
    const asked = [...questions.patterns, ...questions.followUps, questions.presence.question]
    const words = Object.values<string[]>(questions.words).flat()
    const texts = [...asked.map((pattern) => pattern.replaceAll(/\{[^}]+\}/g, '')), ...words]
    for (const text of texts) {
      assert.deepEqual(knownQuestion({ questions }, text).unknown, [], text)
    }
  })
})

describe('knownText', () => {
  it('has the words that the model knows, and makes no question of them', () => {
    assert.deepEqual(knownText(CARD, 'please, a Hue in the image!'), {
      text: 'a color in the picture',
      unknown: [],
    })
    assert.deepEqual(knownText(CARD, 'the star'), { text: 'the star', unknown: [] })
    assert.deepEqual(knownText({}, 'a Dog, please'), { text: 'a Dog, please', unknown: [] })
  })

  it('names the words that the model does not know', () => {
    assert.deepEqual(knownText(CARD, 'the image of a dog').unknown, ['dog'])
  })
})

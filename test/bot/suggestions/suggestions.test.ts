/** The demo model proposes questions about a picture it knows. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { candidates, suggestQuestions } from '../../../bot/suggestions/suggestions.ts'
import { normalizeText } from '../../../inference/text/normalize-text.ts'
import { findModel } from '../../../config/models.ts'
import { openModel } from '../../../inference/model.ts'
import { imageSourceOf } from '../../../inference/contract/image-source.ts'
import type { ImageSource, Model } from '../../../inference/contract/types.ts'

const SCENE = path.join(import.meta.dirname, '..', '..', '..', 'docs', 'scene.png')

describe('propose', () => {
  let model: Model
  let image: ImageSource
  let caption: string

  before(async () => {
    model = await openModel(findModel('demo'))
    image = await imageSourceOf(new Uint8Array(readFileSync(SCENE)))
    caption = (await model.describe(image)).text
  })
  after(() => model.close())

  it('gives different questions, the surest first', async () => {
    const situation = { caption, history: [], asked: [] }
    const proposed = await suggestQuestions(model, image, { situation, count: 3 })
    assert.equal(new Set(proposed.map(({ question }) => normalizeText(question))).size, 3)
    const sureness = proposed.map(({ logLikelihood }) => logLikelihood)
    assert.deepEqual(
      sureness,
      sureness.toSorted((a, b) => b - a),
    )
  })

  it('takes the likelihood from the answer itself, as scoring it would give', async (t) => {
    const scoring = t.mock.method(model, 'score')
    const history = [{ question: 'what is on the left?', answer: 'a yellow star' }]
    const situation = { caption, history, asked: [] }
    const all = await suggestQuestions(model, image, { situation, count: 100 })
    assert.equal(scoring.mock.callCount(), 0)
    for (const { question, answer, logLikelihood } of all) {
      const [scored] = await model.score(image, { question, history, answers: [answer] })
      assert.ok(Math.abs(scored!.logLikelihood - logLikelihood) < 1e-3, question)
    }
  })

  it('scores the answer where the model searches by beams', async () => {
    const { card } = model
    const beams = { ...card.defaults, ask: { ...card.defaults.ask, beams: 2 } }
    const searching = {
      card: { ...card, defaults: beams },
      ask: model.ask.bind(model),
      score: model.score.bind(model),
    }
    const situation = { caption, history: [], asked: [] }
    const all = await suggestQuestions(searching, image, { situation, count: 100 })
    assert.ok(all.length > 3)
    assert.ok(all.every(({ logLikelihood }) => Number.isFinite(logLikelihood) && logLikelihood < 0))
  })

  it('leaves the choice to the model: a question it would guess at comes last', async () => {
    const situation = { caption, history: [], asked: [] }
    const all = await suggestQuestions(model, image, { situation, count: 100 })
    const doubted = all.at(-1)!
    assert.ok(doubted.logLikelihood < all[0]!.logLikelihood - 0.1)
    const three = await suggestQuestions(model, image, { situation, count: 3 })
    assert.ok(three.every(({ question }) => question !== doubted.question))
  })

  it('proposes nothing that was asked, however it was spelled', async () => {
    const first = await suggestQuestions(model, image, {
      situation: { caption, history: [], asked: [] },
      count: 3,
    })
    const asked = first.map(({ question }) => ` ${question.toUpperCase().replace('?', '')}`)
    const next = await suggestQuestions(model, image, {
      situation: { caption, history: [], asked },
      count: 3,
    })
    assert.equal(next.length, 3)
    const before = new Set(asked.map(normalizeText))
    assert.ok(next.every(({ question }) => !before.has(normalizeText(question))))
  })

  it('continues from an answer that is about one thing, and from no other', async () => {
    const question = 'what color is the circle?'
    const about = async (answer: string) => {
      const situation = { caption, history: [{ question, answer }], asked: [question] }
      const proposed = await suggestQuestions(model, image, { situation, count: 100 })
      return proposed.filter(({ question }) => question.endsWith(' it?'))
    }
    assert.ok((await about('red')).length > 0)
    assert.equal((await about('4')).length, 0)
    assert.equal((await about('nothing')).length, 0)
  })

  it('proposes nothing whose answer is "nothing" or that the caption says', async () => {
    const situation = { caption, history: [], asked: [] }
    const proposed = await suggestQuestions(model, image, { situation, count: 100 })
    assert.ok(proposed.length > 2)
    for (const { question, answer } of proposed) {
      assert.notEqual(answer, 'nothing')
      assert.doesNotMatch(question, /background/)
    }
  })
})

describe('candidates', () => {
  it('fills the words of the caption into the patterns of the card', async () => {
    const model = await openModel(findModel('demo'))
    const card = model.card
    await model.close()
    const all = candidates(card, {
      caption: 'a large red heart on the left and a small red star',
      history: [],
      asked: [],
    }).flat()
    assert.ok(all.includes('which is bigger, the star or the heart?'))
    assert.ok(all.includes('how many red shapes are there?'))
    assert.ok(all.every((question) => !/\{|circle|blue/.test(question)))
    assert.ok(all.every((question) => !/the (star|heart) .*the \1/.test(question)))

    const general = candidates({}, { caption: 'a man with a dog', history: [], asked: [] })
    assert.ok(general.flat().includes('what is the man doing?'))
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judge, type JudgedCard, LOW_CONFIDENCE } from '../../../inference/domain/judgment.ts'

const KNOWS = { en: 'drawings', zh: '画' }
const CALIBRATED: JudgedCard = { domain: { knows: KNOWS, captionConfidence: 0.9 } }
const CAPTION = { kind: 'describe' } as const
const QUESTION = { kind: 'ask', question: 'what is it?', history: [] } as const

/** The verdict about a picture. */
function verdict(
  card: JudgedCard,
  [distance, confidence]: readonly [number | null, number | null],
  prompt: Parameters<typeof judge>[2] = CAPTION,
) {
  return judge(card, { distance, confidence }, prompt).verdict
}

describe('judge', () => {
  it('takes a picture for outside whose features are beyond the limit, whatever was asked', () => {
    assert.equal(verdict(CALIBRATED, [1.01, 0.99]), 'outside')
    assert.equal(verdict(CALIBRATED, [1.01, null], QUESTION), 'outside')
    assert.equal(verdict(CALIBRATED, [1, 0.99]), 'inside')
  })

  it('takes a picture for outside whose caption is less probable than any inside', () => {
    assert.equal(verdict(CALIBRATED, [0.5, 0.89]), 'outside')
    assert.equal(verdict(CALIBRATED, [0.5, 0.9]), 'inside')
  })

  it('holds only the own caption of a model to the limit for captions', () => {
    assert.equal(verdict(CALIBRATED, [0.5, 0.89], QUESTION), 'inside')
    const prompted = { kind: 'describe', text: 'a photo of' } as const
    assert.equal(verdict(CALIBRATED, [0.5, 0.89], prompted), 'inside')
  })

  it('says at most that a model without a domain is unsure', () => {
    assert.equal(verdict({}, [null, LOW_CONFIDENCE / 2]), 'unsure')
    assert.equal(verdict({}, [null, LOW_CONFIDENCE / 2], QUESTION), 'unsure')
    assert.equal(verdict({}, [null, LOW_CONFIDENCE]), 'inside')
    assert.equal(verdict({}, [null, null]), 'inside')
  })

  it('gives its evidence', () => {
    const evidence = { distance: 3, confidence: 0.2 }
    assert.deepEqual(judge(CALIBRATED, evidence, CAPTION), { ...evidence, verdict: 'outside' })
  })
})

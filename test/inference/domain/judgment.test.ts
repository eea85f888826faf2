import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Prompt } from '../../../inference/text/prompt.ts'
import { DECLINED_FROM } from '../../../inference/domain/declining-words.ts'
import {
  type Generated,
  judge,
  type JudgedCard,
  LOW_CONFIDENCE,
} from '../../../inference/domain/judgment.ts'

const KNOWS = { en: 'drawings', zh: '画' }
const DECLINED = 'a picture that i cannot describe'
const CALIBRATED: JudgedCard = {
  domain: { knows: KNOWS, declined: DECLINED },
}
const CAPTION = { kind: 'describe' } as const
const QUESTION = { kind: 'ask', question: 'what is it?', history: [] } as const

/** The verdict about a picture. */
function verdict(
  card: JudgedCard,
  [distance, confidence]: readonly [number | null, number | null],
  prompt: Prompt = CAPTION,
  { text = 'a red circle', declinedFit = null }: Partial<Omit<Generated, 'prompt'>> = {},
) {
  return judge(card, { distance, confidence }, { prompt, text, declinedFit }).verdict
}

describe('judge', () => {
  it('takes a picture for outside whose features are beyond the limit, whatever was asked', () => {
    assert.equal(verdict(CALIBRATED, [1.01, 0.99]), 'outside')
    assert.equal(verdict(CALIBRATED, [1.01, null], QUESTION), 'outside')
    assert.equal(verdict(CALIBRATED, [1, 0.99]), 'inside')
  })

  it('takes a picture for outside that the model declines to describe', () => {
    assert.equal(verdict(CALIBRATED, [0.5, 0.99], CAPTION, { text: DECLINED }), 'outside')
    assert.equal(
      verdict(CALIBRATED, [0.5, 0.99], CAPTION, { text: `${DECLINED} at all` }),
      'inside',
    )
    const midway = 'a black arrow at the top on a i cannot describe'
    assert.equal(verdict(CALIBRATED, [0.5, 0.99], CAPTION, { text: midway }), 'outside')
    assert.equal(verdict(CALIBRATED, [0.5, 0.99], QUESTION, { text: DECLINED }), 'inside')
    const prompted = { kind: 'describe', text: 'a photo of' } as const
    assert.equal(verdict(CALIBRATED, [0.5, 0.99], prompted, { text: DECLINED }), 'inside')
    assert.equal(
      verdict({ domain: { knows: KNOWS } }, [0.5, 0.99], CAPTION, { text: DECLINED }),
      'inside',
    )
  })

  it('takes a picture for outside that the declining words fit', () => {
    const fitting = { declinedFit: DECLINED_FROM }
    assert.equal(verdict(CALIBRATED, [0.5, 0.99], CAPTION, fitting), 'outside')
    assert.equal(verdict(CALIBRATED, [0.5, 0.99], CAPTION, { declinedFit: 0.49 }), 'inside')
    assert.equal(verdict(CALIBRATED, [0.5, 0.99], QUESTION, fitting), 'inside')
    assert.equal(verdict({}, [0.5, 0.99], CAPTION, fitting), 'inside')
  })

  it('says at most that a model without a domain is unsure', () => {
    assert.equal(verdict({}, [null, LOW_CONFIDENCE / 2]), 'unsure')
    assert.equal(verdict({}, [null, LOW_CONFIDENCE / 2], QUESTION), 'unsure')
    assert.equal(verdict({}, [null, LOW_CONFIDENCE]), 'inside')
    assert.equal(verdict({}, [null, null]), 'inside')
  })

  it('gives its evidence', () => {
    const evidence = { distance: 3, confidence: 0.2 }
    assert.deepEqual(
      judge(CALIBRATED, evidence, { prompt: CAPTION, text: '', declinedFit: null }),
      {
        ...evidence,
        verdict: 'outside',
      },
    )
  })
})

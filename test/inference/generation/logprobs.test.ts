import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { InputError } from '../../../config/errors.ts'
import type { Model, Step } from '../../../inference/contract/types.ts'
import { logSoftmax, topIndices } from '../../../inference/generation/scores.ts'
import { openModel } from '../../../inference/model.ts'
import { packageFor } from '../../helpers/packages.ts'
import { FIXTURES, loadParity, tensorOf } from '../../helpers/parity.ts'

const parity = loadParity('base')
const image = readFileSync(path.join(FIXTURES, parity.image))
const { text: prompt, ids: promptIds } = parity.prompts.question
const WANTED = { prompt, beams: 1, maxNewTokens: 4, minNewTokens: 4, logprobs: 3 }

describe('the probabilities of the tokens of an answer', () => {
  let model: Model

  before(async () => {
    model = await openModel(await packageFor('base'))
  })
  after(() => model.close())

  it('are those of the reference, before penalties', async () => {
    const steps: Step[] = []
    const onStep = (step: Step) => steps.push(step)
    const options = { ...WANTED, repetitionPenalty: 3, onStep }
    const { tokenIds, logprobs, promptTokens } = await model.describe(image, options)
    assert.equal(promptTokens, parity.queryTokens + promptIds.length)
    const logits = tensorOf(parity, 'logits.question.steps').data.slice(0, parity.vocabSize)
    const expected = logSoftmax(logits)
    const [first] = logprobs ?? []
    assert.deepEqual(
      first!.top.map(({ tokenId }) => tokenId),
      topIndices(expected, 3),
    )
    for (const { tokenId, logprob } of [first!, ...first!.top]) {
      assert.ok(Math.abs(logprob - expected[tokenId]!) < 1e-4)
    }
    assert.deepEqual(
      logprobs!.map(({ tokenId }) => tokenId),
      tokenIds,
    )
    assert.deepEqual(
      steps.map(({ logprob }) => logprob),
      logprobs,
    )
  })

  it('are there only where they are wanted, and for one beam', async () => {
    const { logprobs: _, ...unwanted } = WANTED
    assert.equal('logprobs' in (await model.describe(image, unwanted)), false)
    await assert.rejects(model.describe(image, { ...WANTED, beams: 2 }), InputError)
    await assert.rejects(model.describe(image, { ...WANTED, logprobs: 21 }), InputError)
  })
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { withDetail } from '../../inference/default-detail.ts'
import { withModel } from '../helpers/engine-parity.ts'
import { FIXTURES, loadParity } from '../helpers/parity.ts'

const QUESTION = 'what is it?'

describe('withDetail', () => {
  it('is the detail of every request without one of its own, for which a picture is encoded once', async () => {
    await withModel(loadParity('smolvlm-tiles'), async (model, image) => {
      const low = withDetail(model, 'low')
      const described = await low.describe(image)
      const answered = await low.ask(image, QUESTION)
      const scored = await low.score(image, { question: QUESTION, answers: ['yes', 'no'] })
      await low.encode(image)
      assert.equal(model.stats().stages.vision.rows, 1)
      assert.deepEqual(
        described.tokenIds,
        (await model.describe(image, { detail: 'low' })).tokenIds,
      )
      const asked = await model.ask(image, QUESTION, { detail: 'low' })
      assert.equal(answered.promptTokens, asked.promptTokens)
      assert.equal(scored.length, 2)
      assert.equal(model.stats().stages.vision.rows, 1)

      const usual = await low.ask(image, QUESTION, { detail: 'auto' })
      assert.ok(usual.promptTokens > answered.promptTokens)
      assert.equal(model.stats().stages.vision.rows, 2)
    })
  })

  it('is also more than a small picture has in the usual detail', async () => {
    await withModel(loadParity('smolvlm-tiles'), async (model) => {
      const small = readFileSync(path.join(FIXTURES, 'images', 'size-1x1.png'))
      const high = await withDetail(model, 'high').ask(small, QUESTION)
      assert.ok(high.promptTokens > (await model.ask(small, QUESTION)).promptTokens)
    })
  })

  it('changes nothing where the size of a picture decides', async () => {
    await withModel(loadParity('smolvlm-tiles'), async (model) => {
      assert.equal(withDetail(model, 'auto'), model)
    })
  })
})

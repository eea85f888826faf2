/** Which stages of a real model's requests are counted, and how often. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { meter } from '../../../bot/operations/metered-model.ts'
import { createMetrics } from '../../../bot/operations/metrics.ts'
import { openModel } from '../../../inference/model.ts'
import type { Model } from '../../../inference/contract/types.ts'
import { packageFor } from '../../helpers/packages.ts'
import { pictureBytes } from '../../helpers/pictures.ts'

describe('meter', () => {
  let plain: Model
  let model: Model
  const metrics = createMetrics()

  before(async () => {
    plain = await openModel(await packageFor('base'))
    model = meter(plain, metrics)
  })
  after(() => plain.close())

  async function counts() {
    const text = await metrics.text()
    const found = text.matchAll(/^sightseer_stage_seconds_count\{stage="(\w+)"\} (\d+)$/gm)
    return Object.fromEntries([...found].map(([, stage, count]) => [stage, Number(count)]))
  }

  it('counts each stage where it happened, and the answers are the model’s', async () => {
    const bytes = new Uint8Array(pictureBytes('parity.png'))
    await model.encode(bytes)
    assert.deepEqual(await counts(), { preprocess: 1, vision: 1, bridge: 1 })
    const answer = await model.ask(bytes, 'what color is it?')
    assert.deepEqual(answer.tokenIds, (await plain.ask(bytes, 'what color is it?')).tokenIds)
    await model.describe(new Uint8Array(pictureBytes('420.jpg')))
    assert.deepEqual(await counts(), {
      preprocess: 2,
      vision: 2,
      bridge: 2,
      prefill: 2,
      decode: 2,
    })
    assert.equal(model.card, plain.card)
  })
})

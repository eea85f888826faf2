import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Model } from '../../../inference/contract/types.ts'
import { openModel } from '../../../inference/model.ts'
import { packageFor } from '../../helpers/packages.ts'
import { FIXTURES, loadParity } from '../../helpers/parity.ts'

// Prompts of unequal lengths in one batch of a model with an encoder. t5-gated attends by one
// operator, t5-odd-sizes by plain ones.
for (const name of ['t5-gated', 't5-odd-sizes'] as const) {
  describe(`${name}, with several requests at once`, () => {
    const parity = loadParity(name)
    const image = readFileSync(path.join(FIXTURES, parity.image))
    const plain = { beams: 1, maxNewTokens: 12 }
    let model: Model

    before(async () => {
      model = await openModel(await packageFor(name), { threads: 1 })
    })
    after(() => model.close())

    it("gives the reference's ids, beams and single sequences mixed", async () => {
      const mixed = parity.generations.filter((_, i) => i % 3 === 0)
      const answers = await Promise.all(
        mixed.map(({ prompt, options }) => {
          const { text } = parity.prompts[prompt]
          return model.describe(image, { prompt: text, beams: 1, ...options })
        }),
      )
      assert.deepEqual(
        answers.map(({ tokenIds }) => tokenIds),
        mixed.map(({ ids }) => ids),
      )
    })

    it('reads a prompt about the same picture once', async () => {
      const ask = () => model.describe(image, { prompt: 'what?', ...plain })
      const first = await ask()
      const { prefill } = model.stats().stages
      const second = await ask()
      assert.deepEqual(second.tokenIds, first.tokenIds)
      assert.equal(second.reused, 1) // the prompt is one position
      assert.equal(model.stats().stages.prefill.runs, prefill.runs + 1)
      const other = await model.describe(image, { prompt: 'what? Who', ...plain })
      assert.equal(other.reused, 0)
    })

    it('forgets a prompt with its picture', async () => {
      await model.describe(image, { prompt: 'where?', ...plain })
      const { bytes } = model.stats().caches.conversations
      assert.ok(bytes > 0)
      await model.forget([createHash('sha256').update(image).digest('hex')])
      assert.equal(model.stats().caches.conversations.bytes, 0)
    })

    it('streams, and ends when it is cancelled', async () => {
      const texts: string[] = []
      const options = { prompt: '', beams: 1, minNewTokens: 6, maxNewTokens: 6 }
      const { text } = await model.describe(image, {
        ...options,
        onStep: (step) => texts.push(step.text),
      })
      assert.equal(texts.length, 6)
      assert.equal(texts.at(-1), text)
      const signal = AbortSignal.abort(new Error('no longer wanted'))
      await assert.rejects(model.describe(image, { ...options, signal }), /no longer wanted/)
    })
  })
}

/** Sampled answers of the whole path; parity.test.ts holds what they are drawn from to the reference. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Model, Step } from '../../../inference/contract/types.ts'
import { openModel } from '../../../inference/model.ts'
import { packageFor } from '../../helpers/packages.ts'
import { FIXTURES, loadParity } from '../../helpers/parity.ts'

const LENGTH = 12
/** Every answer has the same length, whatever is drawn. */
const SAMPLED = {
  sample: true,
  temperature: 1.5,
  topK: 0,
  minNewTokens: LENGTH,
  maxNewTokens: LENGTH,
} as const

// One decoder with an encoder, one without; both bridges of InstructBLIP read the prompt.
for (const name of ['t5-gated', 'instruct-t5', 'instruct-llama'] as const) {
  describe(`${name}, sampling`, () => {
    const parity = loadParity(name)
    const image = readFileSync(path.join(FIXTURES, parity.image))
    const { text: prompt } = parity.prompts.question
    const greedy = parity.generations.find(
      (one) => one.prompt === 'question' && Object.keys(one.options).join() === 'maxNewTokens',
    )!
    let model: Model

    before(async () => {
      model = await openModel(await packageFor(name), { threads: 1 })
    })
    after(() => model.close())

    const draw = async (seed: number) =>
      (await model.describe(image, { prompt, ...SAMPLED, seed })).tokenIds

    it('gives the same ids with the same seed, and others with another', async () => {
      const first = await draw(1)
      assert.deepEqual(await draw(1), first)
      // At once they share runs, where each row has random numbers of its own.
      const [again, other] = await Promise.all([draw(1), draw(2)])
      assert.deepEqual(again, first)
      assert.notDeepEqual(other, first)
    })

    for (const [what, options] of [
      ['at a low temperature', { temperature: 1e-4, topK: 0 }],
      ['of one token', { topK: 1 }],
    ] as const) {
      it(`gives the reference's greedy ids ${what}`, async () => {
        for (const seed of [1, 2, 3]) {
          const all = { ...greedy.options, prompt, sample: true, seed, ...options }
          assert.deepEqual((await model.describe(image, all)).tokenIds, greedy.ids)
        }
      })
    }

    it('streams pieces that make up the answer', async () => {
      const steps: Step[] = []
      const onStep = (step: Step) => steps.push(step)
      const answer = await model.describe(image, { prompt, ...SAMPLED, seed: 1, onStep })
      assert.deepEqual(
        steps.map(({ tokenId }) => tokenId),
        answer.tokenIds,
      )
      const pieces = steps.map(({ text }, i) => {
        const before = steps[i - 1]?.text ?? ''
        assert.ok(text.startsWith(before), `${before}|${text}`)
        return text.slice(before.length)
      })
      assert.equal(pieces.join(''), answer.text)
      assert.ok(pieces.filter((piece) => piece !== '').length > 1)
    })

    it('ends when it is cancelled, and answers the next request', async () => {
      const controller = new AbortController()
      const { signal } = controller
      let steps = 0
      const onStep = () => {
        steps++
        controller.abort(new Error('no longer wanted'))
      }
      await assert.rejects(
        model.describe(image, { prompt, ...SAMPLED, signal, onStep }),
        /no longer wanted/,
      )
      assert.equal(steps, 1)
      const { tokenIds } = await model.describe(image, { prompt, ...SAMPLED, seed: 1 })
      assert.equal(tokenIds.length, LENGTH)
    })
  })
}

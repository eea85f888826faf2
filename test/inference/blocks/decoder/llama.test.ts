import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { rotaryRates } from '../../../../inference/blocks/decoder/rotary.ts'
import type { PromptLayout } from '../../../../inference/families/common/runner.ts'
import { argmax } from '../../../helpers/graph-sessions.ts'
import { packageFor } from '../../../helpers/packages.ts'
import { LLAMA_NAMES } from '../../../helpers/parity-names.ts'
import { loadParity, relativeError, tensorOf } from '../../../helpers/parity.ts'
import { openTestRunner, type TestRunner } from '../../../helpers/runners.ts'

const TOLERANCE = 1e-4

function assertEqual(actual: ArrayLike<number>, expected: ArrayLike<number>) {
  const error = relativeError(actual, expected)
  assert.ok(error <= TOLERANCE, `relative error ${error}`)
}

for (const name of LLAMA_NAMES) {
  describe(`the decoder of ${name}, fp32`, () => {
    const parity = loadParity(name)
    let runner: TestRunner

    before(async () => {
      runner = await openTestRunner(await packageFor(name))
    })
    after(() => runner.close())

    for (const prompt of ['caption', 'question'] as const) {
      /** The prompt with the reference's image tokens. */
      const layout = (): PromptLayout => {
        const suffix = prompt === 'caption' ? '' : `.${prompt}`
        const { data, shape } = tensorOf(parity, `image_tokens${suffix}`)
        const tokens = { data, shape: [shape[1]!, shape[2]!] as const }
        const { text, ids } = parity.prompts[prompt]
        const prepared = runner.decoder.prepare({ kind: 'raw', text }, 1, 4)
        const made = prepared.layOut([{ key: 'image', tokens }])
        assert.deepEqual(made.ids.slice(parity.queryTokens), ids)
        return made
      }

      it(`gives the reference's logits for the ${prompt}, prefill and steps`, async () => {
        const { decoder } = runner
        const steps = tensorOf(parity, `logits.${prompt}.steps`)
        const cache = decoder.createCache()
        let logits = await decoder.prefill(cache, layout().segments)
        for (let i = 0; i < steps.shape[0]!; i++) {
          const expected = steps.data.subarray(i * parity.vocabSize, (i + 1) * parity.vocabSize)
          assertEqual(logits, expected)
          logits = await decoder.step(cache, [argmax(expected, 0, parity.vocabSize)])
        }
        cache.dispose()
      })
    }
  })
}

describe('rotaryRates', () => {
  const plain = { headDim: 4, theta: 100, scaling: { type: 'default' } } as const

  it('falls with the pair', () => {
    assert.deepEqual(rotaryRates(plain), [1, Math.fround(0.1)])
  })

  it('divides all rates, or those that turn seldom over the first context', () => {
    assert.deepEqual(rotaryRates({ ...plain, scaling: { type: 'linear', factor: 4 } }), [
      0.25,
      Math.fround(0.025),
    ])
    const scaling = { type: 'llama3', factor: 4, low: 1, high: 4 } as const
    const turnsOf = (context: number) => rotaryRates({ ...plain, scaling: { ...scaling, context } })
    const turn = 2 * Math.PI // positions of the first pair's turn; of the second, ten times as many
    assert.deepEqual(turnsOf(40 * turn + 1), [1, Math.fround(0.1)])
    assert.deepEqual(turnsOf(turn - 0.1), [0.25, Math.fround(0.025)])
    const [first, second] = turnsOf(25 * turn)
    assert.equal(first, 1)
    assert.ok(Math.abs(second! - 0.1 * (0.5 / 4 + 0.5)) < 1e-6, `${second}`) // half-way
  })
})

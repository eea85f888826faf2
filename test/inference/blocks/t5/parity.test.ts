import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Tensor } from 'onnxruntime-node'
import { after, before, describe, it } from 'node:test'
import type { PromptLayout } from '../../../../inference/families/common/runner.ts'
import { floats } from '../../../../inference/runtime/floats.ts'
import { argmax } from '../../../helpers/graph-sessions.ts'
import { packageFor } from '../../../helpers/packages.ts'
import { INSTRUCT_NAMES, T5_NAMES } from '../../../helpers/parity-names.ts'
import { FIXTURES, loadParity, relativeError, tensorOf } from '../../../helpers/parity.ts'
import { openTestRunner, type TestRunner } from '../../../helpers/runners.ts'
import { queryOutput } from '../../../helpers/seams.ts'

const TOLERANCE = 1e-4
const PROMPTS = ['caption', 'question'] as const

function assertEqual(actual: ArrayLike<number>, expected: ArrayLike<number>) {
  const error = relativeError(actual, expected)
  assert.ok(error <= TOLERANCE, `relative error ${error}`)
}

for (const name of [...T5_NAMES, ...INSTRUCT_NAMES]) {
  describe(`the graphs of ${name}, fp32`, () => {
    const parity = loadParity(name)
    /** The reference's tensor for a prompt; most do not depend on it. */
    const ownOf = (name: string, prompt: (typeof PROMPTS)[number]) => {
      const own = `${name}.${prompt}`
      return tensorOf(parity, own in parity.tensors ? own : name)
    }
    const tokensOf = (prompt: (typeof PROMPTS)[number]) => ownOf('image_tokens', prompt)
    const queriedOf = (prompt: (typeof PROMPTS)[number]) => ownOf('query_output', prompt)
    let runner: TestRunner

    before(async () => {
      runner = await openTestRunner(await packageFor(name))
    })
    after(() => runner.close())

    /** The prompt with the reference's image tokens. */
    function layoutOf(prompt: (typeof PROMPTS)[number]): PromptLayout {
      const { text } = parity.prompts[prompt]
      const tokens = tokensOf(prompt)
      const [, rows, width] = tokens.shape
      const image = { data: tokens.data, shape: [rows!, width!] as const }
      const prepared = runner.decoder.prepare({ kind: 'raw', text }, 1, 4)
      return prepared.layOut([{ key: 'image', tokens: image }])
    }

    it('encodes the picture as the reference', async () => {
      const bytes = readFileSync(path.join(FIXTURES, parity.image))
      const features = await runner.images.encode([await runner.images.preprocess(bytes)])
      assertEqual(features[0]!.data, tensorOf(parity, 'image_embeds').data)
      // Together: where instructions are read, the shorter one is padded.
      const texts = PROMPTS.map((prompt) => parity.prompts[prompt].text)
      const bridged = await runner.images.bridge!.run([features[0]!, features[0]!], texts)
      for (const [i, prompt] of PROMPTS.entries()) {
        assertEqual(bridged[i]!.data, tokensOf(prompt).data)
        const { instruction } = parity.prompts[prompt]
        const queried = await queryOutput(runner, features[0]!, instruction)
        assertEqual(queried, queriedOf(prompt).data)
      }
    })

    for (const prompt of PROMPTS) {
      it(`encodes the ${prompt} as the reference`, async () => {
        const { ids } = parity.prompts[prompt]
        const tokens = tokensOf(prompt)
        const feeds = {
          image_tokens: new Tensor('float32', tokens.data, tokens.shape),
          input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]),
        }
        const { encoder_output } = await runner.sessions.get('encoder').run(feeds)
        assertEqual(floats(encoder_output), tensorOf(parity, `encoded.${prompt}`).data)
      })

      it(`gives the reference's logits for the ${prompt}`, async () => {
        const { decoder } = runner
        const steps = tensorOf(parity, `logits.${prompt}.steps`)
        const cache = decoder.createCache()
        let logits = await decoder.prefill(cache, layoutOf(prompt).segments)
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

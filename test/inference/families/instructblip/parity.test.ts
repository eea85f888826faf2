/** The seams of an InstructBLIP with a Llama; blocks/t5/parity.test.ts has those of one with a T5. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { ImageFeatures } from '../../../../inference/families/common/runner.ts'
import { DecoderRun, openGraphs } from '../../../helpers/graph-sessions.ts'
import { packageFor } from '../../../helpers/packages.ts'
import { LLAMA_NAMES } from '../../../helpers/parity-names.ts'
import { FIXTURES, loadParity, tensorOf } from '../../../helpers/parity.ts'
import { openTestRunner, type TestRunner } from '../../../helpers/runners.ts'
import { assertClose, checkLogits, queryOutput } from '../../../helpers/seams.ts'

/** Each prompt, and the end of the names of its tensors. */
const PROMPTS = [
  ['caption', ''],
  ['question', '.question'],
] as const

for (const name of LLAMA_NAMES) {
  describe(`the graphs of ${name}, fp32`, () => {
    const parity = loadParity(name)
    let runner: TestRunner
    let features: ImageFeatures

    before(async () => {
      runner = await openTestRunner(await packageFor(name))
      const bytes = readFileSync(path.join(FIXTURES, parity.image))
      const [only] = await runner.images.encode([await runner.images.preprocess(bytes)])
      features = only!
    })
    after(() => runner.close())

    it('encode the picture as the reference', () => {
      assertClose('image_embeds', features.data, tensorOf(parity, 'image_embeds').data)
    })

    it('query it for each prompt as the reference, both at once', async () => {
      const texts = PROMPTS.map(([prompt]) => parity.prompts[prompt].text)
      const bridged = await runner.images.bridge!.run([features, features], texts)
      for (const [i, [prompt, end]] of PROMPTS.entries()) {
        const queried = await queryOutput(runner, features, parity.prompts[prompt].instruction)
        assertClose(`query_output${end}`, queried, tensorOf(parity, `query_output${end}`).data)
        const tokens = tensorOf(parity, `image_tokens${end}`)
        assertClose(`image_tokens${end}`, bridged[i]!.data, tokens.data)
      }
    })

    it("give the reference's logits at every position of the prompts", async () => {
      const graphs = await openGraphs(await packageFor(name), runner.card)
      let compared = 0
      for (const [prompt, end] of PROMPTS) {
        const prefill = parity.tensors[`logits.${prompt}.prefill`]
        if (prefill === undefined) {
          continue // more positions than are recorded
        }
        const { ids } = parity.prompts[prompt]
        const imageTokens = tensorOf(parity, `image_tokens${end}`).data
        const length = parity.queryTokens + ids.length
        const rows = Array.from({ length }, (_, i) => i)
        const run = new DecoderRun(graphs, 1, length)
        assertClose(prompt, await run.step({ imageTokens, ids: [ids], rows }), prefill.data)
        compared++
      }
      assert.ok(compared > 0)
    })

    for (const [prompt, end] of PROMPTS) {
      it(`give the reference's logits along the answer to the ${prompt}`, async () => {
        const { data, shape } = tensorOf(parity, `image_tokens${end}`)
        const tokens = { data, shape: [shape[1]!, shape[2]!] as const }
        const ids = await checkLogits(runner, parity, prompt, tokens)
        assert.deepEqual(ids.slice(parity.queryTokens), parity.prompts[prompt].ids)
      })
    }
  })
}

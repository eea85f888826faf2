/** Conversations after a system text, held to what transformers makes of them. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { prepareChat } from '../../../../inference/families/common/chat-prompts.ts'
import { openPackage } from '../../../../inference/package/open-package.ts'
import { loadTokenizer } from '../../../../inference/text/tokenizer.ts'
import type { Encode } from '../../../../inference/text/prompt.ts'
import { takesSystem } from '../../../../inference/package/model-card.ts'
import { packageFor } from '../../../helpers/packages.ts'
import { loadChat, loadIdefics3, loadOnevision } from '../../../helpers/parity.ts'

const RECORDED = {
  'llava-clip': loadChat('llava-clip'),
  'llava-qwen3': loadChat('llava-qwen3'),
  'onevision-tiles': loadOnevision('onevision-tiles'),
  'smolvlm-tiles': loadIdefics3('smolvlm-tiles'),
  'idefics3-places': loadIdefics3('idefics3-places'),
} as const

for (const [name, parity] of Object.entries(RECORDED)) {
  describe(`three turns after a system text, ${name}`, () => {
    it('are written as by the chat template of the checkpoint', async () => {
      const { system, turns, text, ids } = parity.system!
      const folder = await packageFor(parity.name)
      const { card } = await openPackage(folder)
      assert.ok(takesSystem(card) && 'tokens' in card && 'detailed' in card.prompts)
      const { prompts, tokens } = card
      const { bos } = tokens
      const image = 'image' in tokens ? tokens.image : null
      assert.ok(image !== null)
      const tokenizer = await loadTokenizer(folder, bos === undefined ? {} : { bos })
      // More positions than the miniatures have, so that no turn is left out.
      const roomy = { prompts, tokens: { image }, dimensions: { maxPositions: 4096 } }
      const [question] = turns.at(-1)!
      const history = turns.slice(0, -1).map((turn) => ({ question: turn[0], answer: turn[1]! }))
      const prompt = { kind: 'ask', question, history, system } as const
      const encode: Encode = (pieces) => tokenizer.encode(pieces, { special: true })
      const prepared = prepareChat(roomy, encode, prompt, { count: 1, tokens: 1 }, 8)
      assert.equal(prepared.text, text)
      const picture = { key: 'a', tokens: { data: new Float32Array(1), shape: [1, 1] } } as const
      assert.deepEqual(prepared.layOut([picture]).ids, ids)
    })
  })
}

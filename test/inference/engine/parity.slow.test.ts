/** The checkpoints and precisions that parity.test.ts leaves out. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkBeamScores } from '../../helpers/beam-scores.ts'
import { checkParity, QUICK_NAMES, withModel } from '../../helpers/engine-parity.ts'
import { INSTRUCT_NAMES, LLAMA_NAMES, PARITY_NAMES, T5_NAMES } from '../../helpers/parity-names.ts'
import { loadParity } from '../../helpers/parity.ts'

/**
 * Of each kind, the one whose matrices are all quantized. Of instruct-llama two are not, being too
 * narrow; instruct-blocks and llava-blocks have all of its parts.
 */
const BLOCKS = [
  'blocks',
  't5-blocks',
  'instruct-blocks',
  'instruct-llama',
  'llava-blocks',
  'onevision-blocks',
  'smolvlm-blocks',
  'idefics-blocks',
] as const

describe('a converted checkpoint', () => {
  const names = [...PARITY_NAMES, ...T5_NAMES, ...INSTRUCT_NAMES, ...LLAMA_NAMES]
  for (const name of names.filter((one) => !QUICK_NAMES.includes(one))) {
    it(`gives the reference's ids, alone and at once, image tokens and likelihoods: ${name}`, () =>
      checkParity(name))

    it(`gives the reference's scores of the best beams: ${name}`, () => checkBeamScores(name))
  }

  for (const precision of ['fp16', 'int8', 'int4'] as const) {
    it(`runs in ${precision}`, async () => {
      for (const name of BLOCKS) {
        const parity = loadParity(name)
        await withModel(
          parity,
          async (model, image) => {
            const { text: prompt } = parity.prompts.caption
            const options = { prompt, beams: 3, minNewTokens: 6, maxNewTokens: 6 }
            assert.equal((await model.describe(image, options)).tokenIds.length, 6)
          },
          precision,
        )
      }
    })
  }
})

/** The checkpoints that parity.test.ts leaves out. */

import { describe, it } from 'node:test'
import { checkLlava } from '../../../helpers/llava-parity.ts'
import { LLAVA_NAMES } from '../../../helpers/parity-names.ts'

describe('LLaVA', () => {
  for (const name of LLAVA_NAMES.filter((one) => one !== 'llava-clip')) {
    it(`computes what transformers does, from pixels to ids: ${name}`, () => checkLlava(name))
  }
})

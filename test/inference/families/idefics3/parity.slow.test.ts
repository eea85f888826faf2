/** The checkpoints that parity.test.ts leaves out. */

import { describe, it } from 'node:test'
import { checkIdefics3 } from '../../../helpers/idefics3-parity.ts'
import { IDEFICS3_NAMES } from '../../../helpers/parity-names.ts'

describe('Idefics3', () => {
  for (const name of IDEFICS3_NAMES.filter((one) => one !== 'smolvlm-tiles')) {
    it(`computes what transformers does, from pixels to ids: ${name}`, () => checkIdefics3(name))
  }
})

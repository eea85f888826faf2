/** The checkpoints that parity.test.ts leaves out. */

import { describe, it } from 'node:test'
import { checkIdefics } from '../../../helpers/idefics-parity.ts'
import { IDEFICS_NAMES } from '../../../helpers/parity-names.ts'

describe('IDEFICS', () => {
  for (const name of IDEFICS_NAMES.filter((one) => one !== 'idefics-resampler')) {
    it(`computes what transformers does, from pixels to ids: ${name}`, () => checkIdefics(name))
  }
})

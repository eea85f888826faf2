/** The checkpoints that parity.test.ts leaves out. */

import { describe, it } from 'node:test'
import { checkOnevision } from '../../../helpers/onevision-parity.ts'
import { ONEVISION_NAMES } from '../../../helpers/parity-names.ts'

describe('LLaVA-OneVision', () => {
  for (const name of ONEVISION_NAMES.filter((one) => one !== 'onevision-smaller')) {
    it(`computes what transformers does, from pixels to ids: ${name}`, () => checkOnevision(name))
  }
})

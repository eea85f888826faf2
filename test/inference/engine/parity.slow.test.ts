/** The checkpoints that parity.test.ts leaves out. */

import { describe, it } from 'node:test'
import { checkParity, QUICK_NAMES } from '../../helpers/engine-parity.ts'
import { INSTRUCT_NAMES, LLAMA_NAMES, PARITY_NAMES, T5_NAMES } from '../../helpers/parity.ts'

describe('a converted checkpoint', () => {
  const names = [...PARITY_NAMES, ...T5_NAMES, ...INSTRUCT_NAMES, ...LLAMA_NAMES]
  for (const name of names.filter((one) => !QUICK_NAMES.includes(one))) {
    it(`gives the reference's ids, alone and at once, image tokens and likelihoods: ${name}`, () =>
      checkParity(name))
  }
})

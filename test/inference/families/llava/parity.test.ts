import { describe, it } from 'node:test'
import { checkLlava } from '../../../helpers/llava-parity.ts'

describe('LLaVA', () => {
  it('computes what transformers does, from pixels to ids: llava-clip', () =>
    checkLlava('llava-clip'))
})

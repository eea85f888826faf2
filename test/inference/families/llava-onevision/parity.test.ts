import { describe, it } from 'node:test'
import { checkOnevision } from '../../../helpers/onevision-parity.ts'

describe('LLaVA-OneVision', () => {
  it('computes what transformers does, from pixels to ids: onevision-smaller', () =>
    checkOnevision('onevision-smaller'))
})

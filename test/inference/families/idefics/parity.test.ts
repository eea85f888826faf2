import { describe, it } from 'node:test'
import { checkIdefics } from '../../../helpers/idefics-parity.ts'

describe('IDEFICS', () => {
  it('computes what transformers does, from pixels to ids: idefics-resampler', () =>
    checkIdefics('idefics-resampler'))
})

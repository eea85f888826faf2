import { describe, it } from 'node:test'
import { checkIdefics3 } from '../../../helpers/idefics3-parity.ts'

describe('Idefics3', () => {
  it('computes what transformers does, from pixels to ids: smolvlm-tiles', () =>
    checkIdefics3('smolvlm-tiles'))
})

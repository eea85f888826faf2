/** Providers that this machine lacks; provider.slow.test.ts runs models on a GPU in software. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openModel } from '../../../inference/model.ts'
import { packageFor } from '../../helpers/packages.ts'

describe('PROVIDER=cuda', () => {
  it('says what it needs where that is missing', async () => {
    const opened = openModel(await packageFor('base'), { provider: 'cuda', threads: 1 })
    await assert.rejects(opened, /PROVIDER=cuda does not start.*CUDA 12/)
  })
})

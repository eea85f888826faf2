/** Providers that this machine lacks; provider.slow.test.ts runs models on a GPU in software. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import path from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { openModel } from '../../../inference/model.ts'
import { packageFor } from '../../helpers/packages.ts'

describe('PROVIDER=cuda', () => {
  it('says what it needs where that is missing', async () => {
    const opened = openModel(await packageFor('base'), { provider: 'cuda', threads: 1 })
    await assert.rejects(opened, /PROVIDER=cuda does not start.*CUDA 12/)
  })
})

describe('PROVIDER=auto', () => {
  it('tries the devices without a word of their libraries', async () => {
    const provider = path.resolve(import.meta.dirname, '../../../inference/runtime/provider.ts')
    const code = `import { chooseProvider } from ${JSON.stringify(provider)}
      console.log((await chooseProvider('auto')).device)`
    const args = ['--input-type=module', '--eval', code]
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args)
    assert.match(stdout, /^(cpu|webgpu|cuda)\n$/)
    assert.equal(stderr, '')
  })
})

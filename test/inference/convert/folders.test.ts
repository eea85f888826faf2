import assert from 'node:assert/strict'
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { convertCheckpoint } from '../../../inference/convert/convert.ts'
import {
  folder,
  from,
  giveEachTestACheckpoint,
  OPTIONS,
  out,
  WEIGHTS,
} from '../../helpers/own-checkpoint.ts'
import { checkpointFolder } from '../../helpers/parity.ts'

giveEachTestACheckpoint()

const SUBFOLDER = 'icon_caption'

async function filesOf(source: Partial<Parameters<typeof convertCheckpoint>[0] & object>) {
  rmSync(out, { recursive: true, force: true })
  return (await convertCheckpoint({ folder: from, ...source }, out, OPTIONS)).files
}

describe('convertCheckpoint', () => {
  it('takes the weights from a subfolder, and the rest from the folder above', async () => {
    const expected = await filesOf({})
    mkdirSync(path.join(from, SUBFOLDER))
    renameSync(path.join(from, WEIGHTS), path.join(from, SUBFOLDER, WEIGHTS))
    assert.deepEqual(await filesOf({ subfolder: SUBFOLDER }), expected)
  })

  it('takes what the subfolder has before what is above it', async () => {
    const expected = await filesOf({})
    cpSync(from, path.join(folder, 'copy'), { recursive: true })
    renameSync(path.join(folder, 'copy'), path.join(from, SUBFOLDER))
    writeFileSync(path.join(from, 'config.json'), '{"model_type":"other"}')
    writeFileSync(path.join(from, 'tokenizer.json'), '{}')
    assert.deepEqual(await filesOf({ subfolder: SUBFOLDER }), expected)
    await assert.rejects(filesOf({ subfolder: 'nothing' }), /nothing is not a folder/)
  })

  it('takes the tokenizer, and missing settings of pictures, from another folder', async () => {
    const expected = await filesOf({})
    for (const name of ['tokenizer.json', 'tokenizer_config.json', 'processor_config.json']) {
      rmSync(path.join(from, name))
    }
    await assert.rejects(filesOf({}), /has no tokenizer: .*--tokenizer DIR/)
    assert.deepEqual(await filesOf({ tokenizer: checkpointFolder('base') }), expected)
    await assert.rejects(filesOf({ tokenizer: '/nowhere' }), /\/nowhere is not a folder/)
  })
})

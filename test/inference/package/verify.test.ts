import assert from 'node:assert/strict'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, beforeEach, describe, it } from 'node:test'
import { openModel } from '../../../inference/model.ts'
import { openPackage } from '../../../inference/package/open-package.ts'
import { verifyPackage } from '../../../inference/package/verify.ts'
import { packageFor } from '../../helpers/packages.ts'

const scratch = mkdtempSync(path.join(tmpdir(), 'verify-test-'))
const WEIGHTS = 'decoder.onnx.data'
const RECORD = '.verified.json'

let folder: string

after(() => rmSync(scratch, { recursive: true }))
beforeEach(async () => {
  folder = mkdtempSync(path.join(scratch, 'copy-'))
  cpSync(await packageFor('base'), folder, { recursive: true })
  rmSync(path.join(folder, RECORD), { force: true })
})

async function verify() {
  await verifyPackage(await openPackage(folder))
}

/** Flips a bit of a weight; the size stays the same. */
function changeWeight() {
  const file = path.join(folder, WEIGHTS)
  const bytes = readFileSync(file)
  bytes[1000]! ^= 1
  writeFileSync(file, bytes)
}

const CHANGED = {
  name: 'ConfigError',
  message:
    /decoder\.onnx\.data has been changed: .*\nCopy the package again, or make it again: npm/,
}

describe('verifyPackage', () => {
  it('records the files that are the ones on the card', async () => {
    await verify()
    const record: unknown = JSON.parse(readFileSync(path.join(folder, RECORD), 'utf8'))
    const names = readdirSync(folder).filter((name) => !['model.json', RECORD].includes(name))
    assert.deepEqual(Object.keys(Object(record)).sort(), names.sort())
  })

  it('refuses weights that were changed at equal size, each time', async () => {
    changeWeight()
    await assert.rejects(verify(), CHANGED)
    await assert.rejects(verify(), CHANGED)
  })

  it('refuses weights that were changed after they were recorded, even with their old times', async () => {
    await verify()
    const file = path.join(folder, WEIGHTS)
    const { atime, mtime } = statSync(file)
    changeWeight()
    utimesSync(file, atime, mtime)
    await assert.rejects(verify(), CHANGED)
  })

  it('reads a file once only while it stays as it is', async () => {
    await verify()
    const record = path.join(folder, RECORD)
    const first = statSync(record, { bigint: true })
    await verify()
    assert.equal(statSync(record, { bigint: true }).ino, first.ino)
    cpSync(path.join(folder, WEIGHTS), path.join(folder, 'copy'))
    rmSync(path.join(folder, WEIGHTS))
    cpSync(path.join(folder, 'copy'), path.join(folder, WEIGHTS))
    await verify()
    assert.notEqual(statSync(record, { bigint: true }).ino, first.ino)
  })

  it('trusts no record that is broken, or of another package', async () => {
    await verify()
    const record = path.join(folder, RECORD)
    const text = readFileSync(record, 'utf8')
    changeWeight()
    for (const broken of ['{', '[]', '{"decoder.onnx.data":1}', text]) {
      writeFileSync(record, broken)
      await assert.rejects(verify(), CHANGED)
    }
  })

  it('reads all files of a folder that cannot be written to', async () => {
    chmodSync(folder, 0o555)
    try {
      await verify()
      if (process.getuid?.() !== 0) {
        assert.ok(!existsSync(path.join(folder, RECORD)))
      }
    } finally {
      chmodSync(folder, 0o755)
    }
  })
})

it('a model whose weights were changed does not open', async () => {
  changeWeight()
  await assert.rejects(openModel(folder), CHANGED)
})

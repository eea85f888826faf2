import assert from 'node:assert/strict'
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Precision } from '../../../inference/blocks/precision.ts'
import { openModel } from '../../../inference/model.ts'
import { preparePackage } from '../../../inference/package/prepare.ts'
import { packageFor } from '../../helpers/packages.ts'
import { FIXTURES, loadParity } from '../../helpers/parity.ts'

const parity = loadParity('blocks')
const image = readFileSync(path.join(FIXTURES, parity.image))
const OPTIONS = { prompt: '', beams: 1, minNewTokens: 8, maxNewTokens: 8 }

let root: string
before(() => {
  root = mkdtempSync(path.join(tmpdir(), 'prepare-'))
})
after(() => rmSync(root, { recursive: true, force: true }))

async function copyOf(precision: Precision): Promise<string> {
  const folder = path.join(root, precision)
  cpSync(await packageFor('blocks', precision), folder, { recursive: true })
  return folder
}

async function answer(
  folder: string,
): Promise<{ ids: readonly number[]; tokens: Float32Array; likelihood: number }> {
  const model = await openModel(folder, { threads: 1 })
  try {
    const { tokenIds } = await model.describe(image, OPTIONS)
    const [scored] = await model.score(image, { prompt: 'a', answers: ['b c'] })
    const tokens = (await model.embedImage(image)).data
    return { ids: tokenIds, tokens, likelihood: scored!.logLikelihood }
  } finally {
    await model.close()
  }
}

function preparedGraphs(folder: string): string[] {
  return globSync('prepared/*/*.onnx', { cwd: folder }).sort()
}

describe('a prepared package', () => {
  it('answers as before, from what was prepared', async () => {
    const folder = await copyOf('fp16')
    const expected = await answer(folder)
    await preparePackage(folder)
    const graphs = preparedGraphs(folder)
    assert.equal(graphs.length, 3)
    assert.deepEqual(await answer(folder), expected)
    await (await openModel(folder, { threads: 1, prepare: true })).close()
    assert.deepEqual(preparedGraphs(folder), graphs)
    // Proof that the answers above came from there: without one of them whole, nothing opens.
    const decoder = graphs.find((file) => file.endsWith('decoder.onnx'))!
    writeFileSync(path.join(folder, decoder), 'broken')
    await assert.rejects(answer(folder), /prepared.*decoder\.onnx does not load/)
  })

  it('keeps no graph that would answer otherwise', async () => {
    // Its decoder has packed matrices of less than a megabyte, which do not survive being saved.
    const folder = await copyOf('int4')
    const expected = await answer(folder)
    await preparePackage(folder)
    assert.ok(!preparedGraphs(folder).some((file) => file.endsWith('decoder.onnx')))
    assert.deepEqual(globSync('prepared/*.*', { cwd: folder }), [])
    assert.deepEqual(await answer(folder), expected)
  })

  it('says what is wrong with a folder that is not a package', async () => {
    await assert.rejects(preparePackage(path.join(root, 'nothing')), {
      name: 'ConfigError',
      message: /no model package/,
    })
  })
})

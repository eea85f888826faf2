import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { openModel } from '../../../inference/model.ts'
import { packageFor } from '../../helpers/packages.ts'

const scratch = mkdtempSync(path.join(tmpdir(), 'check-graphs-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

/** Changes the card of a package so that it no longer fits the graphs. */
async function withDimensions(
  change: (dimensions: Record<string, number>) => Record<string, number>,
): Promise<string> {
  const folder = mkdtempSync(path.join(scratch, 'package-'))
  cpSync(await packageFor('base'), folder, { recursive: true })
  const file = path.join(folder, 'model.json')
  const card: { dimensions: Record<string, number> } = JSON.parse(readFileSync(file, 'utf8'))
  Object.assign(card.dimensions, change(card.dimensions))
  writeFileSync(file, JSON.stringify(card))
  return folder
}

describe('checkGraphs', () => {
  it('names every number of the card that the graphs contradict', async () => {
    const folder = await withDimensions(() => ({ layers: 9, vocabSize: 70_000 }))
    await assert.rejects(openModel(folder), (error: Error) => {
      assert.equal(error.name, 'ConfigError')
      assert.match(error.message, /layers is 9, but decoder\.onnx has \d+/)
      assert.match(error.message, /vocabSize is 70000, but decoder\.onnx has \d+/)
      return true
    })
  })

  it('notices a picture size that is not the vision graph’s', async () => {
    const folder = await withDimensions(({ patchSize = 0 }) => ({
      imageSize: patchSize * 3,
      visionTokens: 10,
    }))
    await assert.rejects(openModel(folder), /imageSize is \d+, but vision\.onnx has \d+/)
  })
})

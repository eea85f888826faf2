import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { withModel } from '../../../helpers/engine-parity.ts'
import { FIXTURES, loadParity } from '../../../helpers/parity.ts'

/** Image tokens of a tile of onevision-blocks, with the end of a line. */
const TILE = 17

describe('detail', () => {
  it('is one tile for each of several pictures, which low detail shares', async () => {
    await withModel(loadParity('onevision-blocks'), async (model, image) => {
      const other = readFileSync(path.join(FIXTURES, 'images', 'size-90x224.png'))
      const low = await model.describe(image, { detail: 'low', maxNewTokens: 1 })
      const { runs } = model.stats().stages.vision
      const both = await model.describe([image, image], { maxNewTokens: 1 })
      assert.equal(both.promptTokens, low.promptTokens + TILE)
      assert.equal(model.stats().stages.vision.runs, runs)

      const high = await model.describe(image, { detail: 'high', maxNewTokens: 1 })
      assert.ok(high.promptTokens > low.promptTokens)
      const mixed = await model.describe([image, other], { detail: 'high', maxNewTokens: 1 })
      assert.equal(mixed.promptTokens, both.promptTokens)
    })
  })
})

describe('a model that sees pictures in one way', () => {
  it('encodes a picture once, whatever detail is asked for', async () => {
    await withModel(loadParity('llava-blocks'), async (model, image) => {
      for (const detail of ['auto', 'low', 'high'] as const) {
        await model.encode(image, { detail })
      }
      assert.equal(model.stats().stages.vision.rows, 1)
    })
  })
})

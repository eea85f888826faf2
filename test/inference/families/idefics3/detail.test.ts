import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { imageSourceOf } from '../../../../inference/contract/image-source.ts'
import { withModel } from '../../../helpers/engine-parity.ts'
import { FIXTURES, loadParity } from '../../../helpers/parity.ts'

/** Image tokens of a tile of smolvlm-tiles. */
const TILE = 4

describe('detail', () => {
  it('is how many tiles a picture becomes, and each is computed once', async () => {
    await withModel(loadParity('smolvlm-tiles'), async (model) => {
      const small = readFileSync(path.join(FIXTURES, 'images', 'size-1x1.png'))
      const tokens = async (detail: 'auto' | 'low' | 'high') =>
        (await model.embedImage(small, { detail })).shape[0]
      assert.equal(await tokens('high'), 5 * TILE)
      assert.equal(await tokens('low'), TILE)
      assert.equal(await tokens('auto'), TILE)
      const runs = model.stats().stages.vision.runs
      assert.equal(await tokens('high'), 5 * TILE)
      assert.equal(await tokens('low'), TILE)
      assert.equal(model.stats().stages.vision.runs, runs)

      const { key } = await imageSourceOf(small)
      await model.forget([key])
      assert.equal(model.stats().caches.images.bytes, 0)
    })
  })

  it('is the size of the picture where nobody chooses', async () => {
    await withModel(loadParity('smolvlm-tiles'), async (model, image) => {
      const answers = await Promise.all([
        model.describe(image),
        model.describe(image, { detail: 'auto' }),
        model.describe(image, { detail: 'low' }),
      ])
      const [usual, auto, low] = answers.map(({ promptTokens }) => promptTokens)
      assert.equal(usual, auto)
      assert.ok(low! < auto!, `${low} positions in low detail, ${auto} in the usual`)
    })
  })
})

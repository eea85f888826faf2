import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { describe, it } from 'node:test'
import sharp from 'sharp'
import { imageSourceOf } from '../../../../inference/contract/image-source.ts'
import { openModel } from '../../../../inference/model.ts'
import { packageCard, picturesOf } from '../../../../inference/package/model-card.ts'
import { openPackage } from '../../../../inference/package/open-package.ts'
import { withModel } from '../../../helpers/engine-parity.ts'
import { packageFor, recardedPackage } from '../../../helpers/packages.ts'
import { FIXTURES, loadParity, relativeError } from '../../../helpers/parity.ts'

/** Image tokens of a tile of smolvlm-tiles, and of smolvlm-own-size. */
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

  it('keeps the size of pictures where the checkpoint does, as far as the positions allow', async () => {
    const parity = loadParity('smolvlm-own-size')
    await withModel(parity, async (model) => {
      const tiles = async (file: string, detail: 'auto' | 'low' | 'high') => {
        const bytes = readFileSync(path.join(FIXTURES, 'images', file))
        const [tokens] = (await model.embedImage(bytes, { detail })).shape
        // What is seen of it leaves room for a question.
        const answer = await model.ask(bytes, 'How many stars are there?', { detail })
        assert.ok(answer.promptTokens > tokens)
        return tokens / TILE
      }
      // Of 28 pixels, and 13 at most: 320 positions, of which a quarter is for text, and 4 + 14 a tile.
      for (const [file, high, auto] of [
        ['rgb16.png', 1, 1], // 20x15
        ['parity.png', 5, 5], // 45x37
        ['size-1x150.png', 7, 5], // 6 tiles, and in auto at most 4 along a side
        ['size-448x448.png', 10, 10], // 17 with 4 along a side
      ] as const) {
        assert.equal(await tiles(file, 'high'), high, file)
        assert.equal(await tiles(file, 'auto'), auto, file)
        assert.equal(await tiles(file, 'low'), 1, file)
      }
    })
  })

  it('takes several pictures where each may be as large as auto has them', async () => {
    const { card } = await openPackage(await packageFor('smolvlm-own-size'))
    assert.equal(picturesOf(card, 'low'), 8)
    assert.equal(picturesOf(card, 'auto'), 2) // 13 tiles of 7 positions in three quarters of 320
    assert.equal(picturesOf(card, 'high'), 2)
  })

  it('keeps black tiles where black is zero, which the reference takes for padding and fails', async () => {
    const own = await packageFor('smolvlm-own-size')
    const { preprocessing } = packageCard((await openPackage(own)).card)
    const black = { ...preprocessing, mean: [0, 0, 0], std: [1, 1, 1] }
    const folder = await recardedPackage(own, { preprocessing: black })
    const model = await openModel(folder, { threads: 1 })
    try {
      const left = { create: { width: 28, height: 56, channels: 3, background: '#000' } } as const
      const all = { create: { width: 56, height: 56, channels: 3, background: '#c86432' } } as const
      const picture = await sharp(all)
        .composite([{ input: left, left: 0, top: 0 }])
        .png()
        .toBuffer()
      const { shape, data } = await model.embedImage(picture, { detail: 'high' })
      assert.equal(shape[0], 5 * TILE)
      const alone = await model.embedImage(await sharp(left).resize(28, 28).png().toBuffer())
      assert.equal(alone.shape[0], TILE)
      assert.ok(relativeError(data.subarray(0, alone.data.length), alone.data) < 1e-5)
      await model.ask(picture, 'What is it?', { detail: 'high' })
    } finally {
      await model.close()
      await rm(folder, { recursive: true })
    }
  })
})

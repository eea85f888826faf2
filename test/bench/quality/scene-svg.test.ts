import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import sharp from 'sharp'
import { renderScene, type Scene } from '../../../bench/quality/scene-svg.ts'

const RED_SQUARE: Scene = {
  background: 'black',
  objects: [{ shape: 'square', color: 'red', size: 'large', cell: 4 }],
}

describe('renderScene', () => {
  it('draws a JPEG whose sides are 64 to 1024 pixels', async () => {
    for (let seed = 0; seed < 40; seed++) {
      const { format, width, height } = await sharp(await renderScene(RED_SQUARE, seed)).metadata()
      assert.equal(format, 'jpeg')
      assert.ok(width >= 64 && width <= 1024 && height >= 64 && height <= 1024)
    }
  })

  it('puts the object in its cell and the background elsewhere', async () => {
    const topRight: Scene = {
      background: 'white',
      objects: [{ shape: 'circle', color: 'blue', size: 'large', cell: 2 }],
    }
    for (let seed = 0; seed < 8; seed++) {
      assert.ok((await leastRed(topRight, seed, 2)) < 120)
      assert.ok((await leastRed(topRight, seed, 6)) > 230)
    }
  })

  it('draws the same picture for the same seed and another for another', async () => {
    const first = await renderScene(RED_SQUARE, 1)
    assert.deepEqual(await renderScene(RED_SQUARE, 1), first)
    assert.notDeepEqual(await renderScene(RED_SQUARE, 2), first)
  })

  it('refuses a word it cannot draw', async () => {
    const pentagon = { ...RED_SQUARE, objects: [{ ...RED_SQUARE.objects[0]!, shape: 'pentagon' }] }
    await assert.rejects(renderScene(pentagon, 0), /cannot draw "pentagon"/)
  })
})

/** The least red value found in one cell of the 3 x 3 grid. */
async function leastRed(scene: Scene, seed: number, cell: number): Promise<number> {
  const picture = sharp(await renderScene(scene, seed))
  const { width, height } = await picture.metadata()
  const side = { width: Math.floor(width / 3), height: Math.floor(height / 3) }
  const left = (cell % 3) * side.width
  const top = Math.floor(cell / 3) * side.height
  const part = await picture
    .extract({ left, top, ...side })
    .png()
    .toBuffer()
  const { channels } = await sharp(part).stats()
  return channels[0]?.min ?? NaN
}

/** Small versions of a picture, held against its decoded pixels. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import sharp from 'sharp'
import { InputError } from '../../../config/errors.ts'
import { decodeImage } from '../../../inference/image/decode.ts'
import { decodeBrightness, encodeThumbnail } from '../../../inference/image/thumbnail.ts'
import { animation, apng, transparent } from '../../helpers/layers.ts'
import { loadPictures, pictureBytes } from '../../helpers/pictures.ts'

const SIDE = 32
/** Those with alpha are another matter: `decodeImage` drops it. */
const seeThrough = /alpha|transparent|uncovered|canvas|screen/
const opaque = loadPictures().pictures.filter(({ about }) => !seeThrough.test(about))

/** The same from the pixels; where decoders leave pixels out, the two differ a little. */
async function fromPixels(bytes: Uint8Array): Promise<Uint8Array> {
  const { data, width, height } = await decodeImage(bytes)
  return sharp(data, { raw: { width, height, channels: 3 } })
    .toColorspace('b-w')
    .resize(SIDE, SIDE, { fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer()
}

/** Two pixels a row: the left one white, the right one transparent over some color. */
function half(...hidden: number[]): Promise<Buffer> {
  const row = [255, 255, 255, 255, ...hidden, 0]
  const raw = { width: 2, height: 2, channels: 4 } as const
  return sharp(Uint8Array.from([...row, ...row]), { raw })
    .png()
    .toBuffer()
}

describe('decodeBrightness', () => {
  for (const { file, about } of opaque) {
    it(`is the brightness of the picture: ${file} (${about})`, async () => {
      const bytes = pictureBytes(file)
      const [found, wanted] = await Promise.all([decodeBrightness(bytes, SIDE), fromPixels(bytes)])
      assert.equal(found.length, SIDE * SIDE)
      const off = found.reduce((sum, value, i) => sum + Math.abs(value - wanted[i]!), 0)
      assert.ok(off / found.length < 3, `${off / found.length} of 255 off on average`)
    })
  }

  it('sees no colors where nothing is seen', async () => {
    const [one, other] = await Promise.all([half(255, 0, 0), half(0, 0, 255)])
    assert.notDeepEqual(one, other)
    const [found, same] = await Promise.all([one, other].map((file) => decodeBrightness(file, 2)))
    assert.deepEqual([...found!], [255, 128, 255, 128])
    assert.deepEqual(found, same)
  })

  it('reads a file that is cut short, as browsers do', async () => {
    const whole = pictureBytes('420.jpg')
    const cut = whole.subarray(0, whole.length - 2)
    await assert.rejects(decodeImage(cut), { code: 'image/damaged' })
    assert.deepEqual(await decodeBrightness(cut, SIDE), await decodeBrightness(whole, SIDE))
    for (const file of ['rgba.png', '444.jpg', 'still.gif', 'rgb.tif', 'lossy.webp']) {
      const half = pictureBytes(file).subarray(0, pictureBytes(file).length >> 1)
      await decodeBrightness(half, SIDE).catch((error: unknown) => {
        assert.ok(error instanceof InputError, String(error))
      })
    }
  })

  it('takes the first frame that shows something', async () => {
    const drawing = await drawn()
    const blank = { create: { width: 60, height: 40, channels: 3, background: '#000' } } as const
    const empty = await sharp(blank).png().toBuffer()
    const wanted = await decodeBrightness(drawing, SIDE)
    for (const file of [
      await animation('gif', [empty, drawing]),
      await animation('webp', [empty, empty, drawing]),
      await apng(empty, [empty, drawing]),
    ]) {
      const found = await decodeBrightness(file, SIDE)
      const off = found.reduce((sum, value, i) => sum + Math.abs(value - wanted[i]!), 0)
      assert.ok(off / found.length < 3, `${off / found.length} of 255 off on average`)
    }
    const first = await animation('gif', [drawing, empty])
    assert.ok(new Set(await decodeBrightness(first, SIDE)).size > 2)
  })

  it('refuses what is too large, and what is no picture', async () => {
    const bytes = pictureBytes('444.jpg')
    await assert.rejects(decodeBrightness(bytes, SIDE, { maxPixels: 10 }), {
      code: 'image/too-many-pixels',
    })
    await assert.rejects(decodeBrightness(bytes, SIDE, { maxBytes: 10 }), {
      code: 'image/too-many-bytes',
    })
    await assert.rejects(decodeBrightness(new Uint8Array(30), SIDE), InputError)
  })
})

/** A white square in the corner of a red picture. */
function drawn(): Promise<Buffer> {
  const square = { create: { width: 20, height: 20, channels: 3, background: '#fff' } } as const
  const page = { create: { width: 60, height: 40, channels: 3, background: '#d01010' } } as const
  return sharp(page)
    .composite([{ input: square, left: 5, top: 5 }])
    .png()
    .toBuffer()
}

function near(found: readonly number[], wanted: readonly number[]): void {
  assert.ok(
    found.every((value, i) => Math.abs(value - wanted[i]!) < 12),
    `${found.join()} is not ${wanted.join()}`,
  )
}

describe('encodeThumbnail', () => {
  const SPEC = { side: 64, quality: 90 }

  /** The colors at the center and in a corner. */
  async function colorsOf(file: Uint8Array) {
    const { data, info } = await sharp(await encodeThumbnail(file, SPEC))
      .raw()
      .toBuffer({ resolveWithObject: true })
    const at = (x: number, y: number) => {
      const from = (y * info.width + x) * info.channels
      return [...data.subarray(from, from + 3)]
    }
    return { center: at(info.width >> 1, info.height >> 1), corner: at(1, 1), info }
  }

  it('shows what is transparent as Discord does, over the page', async () => {
    const { center, corner } = await colorsOf(await transparent('#ffffff', '#ffffff'))
    near(center, [255, 255, 255])
    near(corner, [49, 51, 56])
  })

  it('takes the light page for what is dark', async () => {
    const { center, corner } = await colorsOf(await transparent('#000000', '#000000'))
    near(center, [0, 0, 0])
    near(corner, [255, 255, 255])
  })

  it('shows no color that nobody sees', async () => {
    const { center, corner } = await colorsOf(await transparent('#e02020', '#2020e0'))
    near(center, [224, 32, 32])
    assert.ok(corner[2]! < 80 || corner[0]! > 200, `the hidden blue: ${corner.join()}`)
  })

  it('shows the frame that is compared', async () => {
    const empty = { create: { width: 60, height: 40, channels: 3, background: '#000' } } as const
    const blank = await sharp(empty).png().toBuffer()
    const { corner, info } = await colorsOf(await animation('gif', [blank, await drawn()]))
    assert.deepEqual([info.width, info.height], [60, 40])
    near(corner, [208, 16, 16])
  })

  it('keeps an opaque picture as it is, made smaller', async () => {
    const { info } = await colorsOf(pictureBytes('size-448x448.png'))
    assert.deepEqual([info.width, info.height, info.channels], [64, 64, 3])
  })
})

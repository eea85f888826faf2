/** A picture's brightness in one go, held against the brightness of its decoded pixels. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import sharp from 'sharp'
import { InputError } from '../../../config/errors.ts'
import { decodeImage } from '../../../inference/image/decode.ts'
import { decodeBrightness } from '../../../inference/image/thumbnail.ts'
import { loadPictures, pictureBytes } from '../../helpers/pictures.ts'

const SIDE = 32
/** Those with alpha are another matter: `decodeImage` drops it. */
const opaque = loadPictures().pictures.filter(({ about }) => !/alpha|transparent/.test(about))

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

  it('refuses what decodeImage refuses', async () => {
    const bytes = pictureBytes('444.jpg')
    for (const file of ['rgba.png', '444.jpg', 'lossy.webp', '444.avif', 'rgb.tif', 'still.gif']) {
      const whole = pictureBytes(file)
      await assert.rejects(decodeBrightness(whole.subarray(0, whole.length >> 1), SIDE), InputError)
    }
    await assert.rejects(decodeBrightness(bytes, SIDE, { maxPixels: 10 }), {
      code: 'image/too-many-pixels',
    })
    await assert.rejects(decodeBrightness(bytes, SIDE, { maxBytes: 10 }), {
      code: 'image/too-many-bytes',
    })
    await assert.rejects(decodeBrightness(new Uint8Array(30), SIDE), InputError)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import sharp from 'sharp'
import { InputError } from '../../../../config/errors.ts'
import { decodeFrames, mayMove } from '../../../../inference/image/animation/frames.ts'
import { decodeImage } from '../../../../inference/image/decode.ts'
import { movingBytes, movingPictures } from '../../../helpers/moving-pictures.ts'
import { pictureBytes, sha256 } from '../../../helpers/pictures.ts'

const { width, height, pictures } = movingPictures()
const EIGHT = { most: 8, side: 640 }

/** A GIF of that many whole frames of that size, all of one color. */
function plainGif(frames: number, side: number): Buffer {
  const header = Buffer.from('GIF89a\0\0\0\0\x80\0\0\xff\0\0\0\0\0', 'latin1')
  header.writeUInt16LE(side, 6)
  header.writeUInt16LE(side, 8)
  const frame = Buffer.from([0x2c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0x44, 1, 0])
  frame.writeUInt16LE(side, 5)
  frame.writeUInt16LE(side, 7)
  return Buffer.concat([header, ...Array.from({ length: frames }, () => frame), Buffer.from(';')])
}

describe('decodeFrames', () => {
  for (const { file, exact, frames } of pictures) {
    it(`gives what Pillow shows of every frame: ${file}`, async () => {
      const { total, files } = await decodeFrames(movingBytes(file), { most: 99, side: 640 })
      assert.equal(total, frames.length)
      assert.equal(files.length, frames.length)
      for (const [i, png] of files.entries()) {
        const image = await decodeImage(png)
        assert.deepEqual([image.width, image.height], [width, height])
        if (exact) {
          assert.equal(sha256(image.data), frames[i]!.sha256, `frame ${i}`)
        } else {
          const row = image.data.subarray(16 * width * 3, 17 * width * 3)
          const worst = Math.max(...frames[i]!.row.map((value, at) => Math.abs(value - row[at]!)))
          assert.ok(worst <= 2, `frame ${i} differs by ${worst}`)
        }
      }
    })
  }

  it('chooses eight over the length, those of a long pause too', async () => {
    const { total, files } = await decodeFrames(movingBytes('whole.png'), EIGHT)
    assert.equal(total, 12)
    const hashes = await Promise.all(
      files.map(async (png) => sha256((await decodeImage(png)).data)),
    )
    const { frames } = pictures.find(({ file }) => file === 'whole.png')!
    const chosen = hashes.map((hash) => frames.findIndex((frame) => frame.sha256 === hash))
    assert.deepEqual(chosen, [2, 4, 6, 7, 8, 9, 10, 11])
  })

  it('makes large frames smaller', async () => {
    const { files } = await decodeFrames(movingBytes('parts.gif'), { most: 2, side: 20 })
    const sizes = await Promise.all(files.map((png) => decodeImage(png)))
    assert.deepEqual(
      sizes.map((image) => [image.width, image.height]),
      [
        [20, 16],
        [20, 16],
      ],
    )
  })

  it('gives nothing of pictures that do not move', async () => {
    for (const file of ['rgba.png', '444.avif', 'lossy.webp', 'bilevel.tif', '444.jpg']) {
      assert.deepEqual(await decodeFrames(pictureBytes(file), EIGHT), { total: 1, files: [] }, file)
    }
    assert.deepEqual(await decodeFrames(plainGif(1, 8), EIGHT), { total: 1, files: [] })
  })

  it('gives nothing where the frames show nothing, so that the still is seen', async () => {
    const pixels = Uint8Array.from({ length: 3 * 8 * 8 * 3 }, (_, i) => Math.floor(i / 192))
    const raw = { width: 8, height: 24, channels: 3, pageHeight: 8 } as const
    const plain = await sharp(pixels, { raw })
      .webp({ lossless: true, delay: [50, 50, 50] })
      .toBuffer()
    assert.equal((await sharp(plain).metadata()).pages, 3)
    assert.deepEqual(await decodeFrames(plain, EIGHT), { total: 1, files: [] })
  })

  it('refuses frames that are too many pixels together, before any is decoded', async () => {
    const start = performance.now()
    await assert.rejects(
      decodeFrames(plainGif(2000, 4000), EIGHT),
      (error) => error instanceof InputError && error.code === 'image/large-to-decode',
    )
    assert.ok(performance.now() - start < 5000)
  })

  it('takes no frame that reaches out of an animated PNG', async () => {
    const file = movingBytes('parts.png')
    const second = file.indexOf('fcTL', file.indexOf('fcTL') + 4)
    file.writeUInt32BE(width, second + 4 + 12) // its left edge
    assert.deepEqual(await decodeFrames(file, EIGHT), { total: 1, files: [] })
  })

  it('takes no animated AVIF whose samples share bytes', async () => {
    const file = movingBytes('sequence.avif')
    const sizes = file.indexOf('stsz')
    for (let i = 0; i < 12; i++) {
      file.writeUInt32BE(2000, sizes + 16 + 4 * i)
    }
    assert.deepEqual(await decodeFrames(file, EIGHT), { total: 1, files: [] })
  })
})

describe('mayMove', () => {
  it('is true of what moves, by the first bytes', () => {
    for (const { file } of pictures) {
      assert.equal(mayMove(movingBytes(file).subarray(0, 400)), true, file)
    }
  })

  it('is false of stills and of what is no picture', () => {
    for (const file of ['rgba.png', '444.avif', 'lossy.webp', '444.jpg']) {
      assert.equal(mayMove(pictureBytes(file)), false, file)
    }
    assert.equal(mayMove(Buffer.from('<svg></svg>')), false)
  })
})

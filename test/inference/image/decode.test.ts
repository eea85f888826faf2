import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { deflateSync } from 'node:zlib'
import { InputError } from '../../../config/errors.ts'
import { decodeImage } from '../../../inference/image/decode.ts'
import { DEFAULT_LIMITS } from '../../../inference/image/limits.ts'
import { chunk } from '../../helpers/layers.ts'
import { loadPictures, pictureBytes, sha256 } from '../../helpers/pictures.ts'

const { pictures } = loadPictures()

/** A grayscale PNG of one bit a pixel that says it has this size, over any data. */
function png(width: number, height: number, data: Uint8Array): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 1
  const chunks = [chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks])
}

async function refusal(bytes: Uint8Array): Promise<Pick<InputError, 'code' | 'params'>> {
  const error: unknown = await decodeImage(bytes).then(
    () => assert.fail('decoded'),
    (e: unknown) => e,
  )
  assert.ok(error instanceof InputError, String(error))
  const { code, params } = error
  return { code, params }
}

describe('decodeImage', () => {
  for (const picture of pictures.filter((p) => p.exact)) {
    it(`gives Pillow's pixels: ${picture.file} (${picture.about})`, async () => {
      const image = await decodeImage(pictureBytes(picture.file))
      assert.deepEqual([image.width, image.height], [picture.width, picture.height])
      assert.equal(sha256(image.data), picture.rgbSha256)
    })
  }

  // Largest difference to Pillow in the first four rows; decode.ts says why these differ.
  for (const [file, most] of [
    ['444.avif', 1],
    ['alpha.avif', 1],
    ['moving.avif', 1],
    ['420.avif', 48],
  ] as const) {
    it(`comes within ${most} of Pillow: ${file}`, async () => {
      const image = await decodeImage(pictureBytes(file))
      const rgb = pictures.find((p) => p.file === file)?.rgb ?? assert.fail(file)
      const worst = Math.max(...rgb.map((value, i) => Math.abs(value - image.data[i]!)))
      assert.ok(worst <= most, `${worst}`)
    })
  }

  it('keeps the upper byte of 16-bit grayscale', async () => {
    for (const file of ['grey16.png', 'grey16.tif']) {
      const { data } = await decodeImage(pictureBytes(file))
      assert.ok(new Set(data).size > 50, 'not clipped to white')
    }
    // By hand: the first two samples of grey16.png are 36267 and 26574, 0x8dab and 0x67ce.
    const { data } = await decodeImage(pictureBytes('grey16.png'))
    assert.deepEqual([...data.subarray(0, 6)], [0x8d, 0x8d, 0x8d, 0x67, 0x67, 0x67])
  })

  it('says that a file is too large', async () => {
    const bytes = Buffer.alloc(DEFAULT_LIMITS.maxBytes + 1)
    pictureBytes('444.jpg').copy(bytes)
    const { maxBytes } = DEFAULT_LIMITS
    const params = { bytes: maxBytes + 1, maxBytes }
    assert.deepEqual(await refusal(bytes), { code: 'image/too-many-bytes', params })
  })

  it('refuses a decompression bomb by its header, before decoding anything', async () => {
    const bomb = png(60_000, 60_000, deflateSync(Buffer.alloc(1000)))
    const { maxPixels } = DEFAULT_LIMITS
    const params = { width: 60_000, height: 60_000, maxPixels }
    assert.deepEqual(await refusal(bomb), { code: 'image/too-many-pixels', params })
  })

  it('allows an AVIF a third of the pixels', async () => {
    const limits = { maxPixels: 3000 } // the pictures have 1665
    await decodeImage(pictureBytes('444.jpg'), limits)
    await assert.rejects(decodeImage(pictureBytes('444.avif'), limits), InputError)
  })

  it('gives an InputError or a picture for every damaged file', async () => {
    let state = 1
    const random = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    for (const { file } of pictures.filter((p) => p.width === 45)) {
      for (let i = 0; i < 8; i++) {
        const bytes = Buffer.from(pictureBytes(file))
        for (let k = 0; k < 6; k++) {
          bytes[random(bytes.length)] = random(256)
        }
        await decodeImage(bytes).catch((error: unknown) => {
          assert.ok(error instanceof InputError, `${file}: ${String(error)}`)
        })
      }
    }
  })

  it('says that a compression or a color space is not known', async () => {
    for (const file of ['refused-zstd.tif', 'refused-lab.tif']) {
      assert.deepEqual(await refusal(pictureBytes(file)), {
        code: 'image/unknown-encoding',
        params: { format: 'TIFF' },
      })
    }
  })

  it('reads a PNG with megabytes of text, without the text', async () => {
    const text = Buffer.concat([Buffer.from('Comment\0\0'), deflateSync(Buffer.alloc(50e6))])
    const file = pictureBytes('rgba.png')
    const header = 8 + 25 // the signature, and the chunk IHDR
    const parts = [file.subarray(0, header), chunk('zTXt', text), file.subarray(header)]
    const { data } = await decodeImage(Buffer.concat(parts))
    assert.equal(sha256(data), pictures.find((p) => p.file === 'rgba.png')?.rgbSha256)
  })

  it('ignores an orientation behind the pixels of a PNG, as browsers do', async () => {
    const turned = pictureBytes('orientation-6.png')
    const at = turned.indexOf('eXIf') - 4
    const exif = turned.subarray(at, at + 12 + turned.readUInt32BE(at))
    const end = turned.indexOf('IEND') - 4
    const parts = [turned.subarray(0, at), turned.subarray(at + exif.length, end), exif]
    const { width, height } = await decodeImage(Buffer.concat([...parts, turned.subarray(end)]))
    const upright = await decodeImage(turned)
    assert.deepEqual([width, height], [upright.height, upright.width])
  })

  it('says that a file is damaged', async () => {
    const noise = Buffer.from(pictureBytes('444.jpg')).fill(0x5a, 20, 200)
    assert.deepEqual(await refusal(noise), { code: 'image/damaged', params: { format: 'JPEG' } })
  })

  for (const file of ['rgba.png', '444.jpg', 'lossy.webp', '444.avif', 'rgb.tif', 'still.gif']) {
    it(`never decodes half a file in silence: ${file}`, async () => {
      const whole = pictureBytes(file)
      for (const length of [40, whole.length >> 1]) {
        assert.equal((await refusal(whole.subarray(0, length))).code, 'image/damaged')
      }
    })
  }

  it('decodes the largest picture allowed in bounded memory', async () => {
    // 50 megapixels: 150 MB of pixels. A process of its own, so that only this is measured.
    const file = new URL('../../helpers/decode-memory.ts', import.meta.url).pathname
    const { stdout } = await promisify(execFile)(process.execPath, [file])
    const { pixels, megabytes } = JSON.parse(stdout)
    assert.equal(pixels, 50 * 2 ** 20)
    assert.ok(megabytes < 400, `${megabytes} MB`)
  })
})

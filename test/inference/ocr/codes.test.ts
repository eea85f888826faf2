/** QR codes and bar codes: read from whole pictures, beside their words; and hostile pictures. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import sharp from 'sharp'
import { READER_FOLDER } from '../../../config/models.ts'
import { DecodingPool } from '../../../inference/image/decoding/pool.ts'
import { drawBoxes } from '../../../inference/ocr/draw-boxes.ts'
import { readCodes } from '../../../inference/ocr/codes.ts'
import { readPicture } from '../../../inference/ocr/read-picture.ts'
import { openReader, type TextReader } from '../../../inference/ocr/reader.ts'
import { drawCode, pictureWithCodes } from '../../helpers/codes.ts'

const LINK = 'https://example.com/claim?x=1'

async function pixelsOf(file: Buffer) {
  const raw = sharp(file).removeAlpha().toColorspace('srgb').raw()
  const { data, info } = await raw.toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, data }
}

describe('readCodes', () => {
  it('reads each kind', async () => {
    const cases = [
      ['QRCode', LINK],
      ['QRCode', '你好，世界'],
      ['DataMatrix', LINK],
      ['Aztec', LINK],
      ['PDF417', LINK],
      ['EAN13', '4006381333931'],
      ['Code128', 'SN-12345'],
    ] as const
    for (const [format, text] of cases) {
      const codes = await readCodes(await pixelsOf(await drawCode(text, format)))
      assert.deepEqual(
        codes.map((code) => [code.format, code.text]),
        [[format, text]],
      )
    }
  })

  it('gives corners in pixels of the picture, of a large one too', async () => {
    const square = await sharp(await drawCode(LINK))
      .resize(1200, null, { kernel: 'nearest' })
      .toBuffer()
    const large = sharp({ create: { width: 3000, height: 2000, channels: 3, background: '#eee' } })
    const file = await large
      .composite([{ input: square, left: 1500, top: 400 }])
      .png()
      .toBuffer()
    const [code] = await readCodes(await pixelsOf(file))
    assert.equal(code?.text, LINK)
    for (const { x, y } of code.corners) {
      assert.ok(x >= 1500 && x <= 2700 && y >= 400 && y <= 1600, `${x}, ${y}`)
    }
    assert.ok(code.corners[1].x - code.corners[0].x > 600)
  })

  it('stops at ten codes', async () => {
    const tile = await sharp(await drawCode('a'))
      .resize(90)
      .toBuffer()
    const page = sharp({ create: { width: 900, height: 900, channels: 3, background: '#fff' } })
    const file = await page
      .composite([{ input: tile, tile: true }])
      .png()
      .toBuffer()
    assert.equal((await readCodes(await pixelsOf(file))).length, 10)
  })

  it('finds none in stripes and noise', async () => {
    const [width, height] = [600, 400]
    const stripes = Uint8Array.from({ length: width * height * 3 }, (_, i) =>
      (((Math.floor(i / 3) % width) * 7919) ^ (Math.floor(i / 21) % 31)) % 7 < 3 ? 0 : 255,
    )
    assert.deepEqual(await readCodes({ width, height, data: stripes }), [])
    const noise = crypto.getRandomValues(new Uint8Array(120 * 100 * 3))
    assert.deepEqual(await readCodes({ width: 120, height: 100, data: noise }), [])
    assert.deepEqual(await readCodes({ width: 1, height: 1, data: new Uint8Array(3) }), [])
  })
})

describe('a picture with codes', () => {
  let reader: TextReader
  const pictures = new DecodingPool()

  before(async () => {
    reader = await openReader(READER_FOLDER, 1)
  })
  after(async () => {
    await pictures.close()
    await reader.release()
  })

  it('gives its words and its codes, and takes no code for words, any way up', async () => {
    const codes = [await drawCode(LINK), await drawCode('4006381333931', 'EAN13')]
    for (const turned of [0, 180]) {
      const file = await pictureWithCodes(codes, { title: 'Scan to claim your bonus', turned })
      const read = await readPicture(reader, pictures, file)
      assert.deepEqual(
        read.lines.map(({ text }) => text),
        ['Scan to claim your bonus'],
      )
      assert.deepEqual(read.codes.map(({ text }) => text).toSorted(), ['4006381333931', LINK])
    }
  })

  it('draws their outlines', async () => {
    const file = await pictureWithCodes([await drawCode(LINK)], { title: 'Scan' })
    const read = await readPicture(reader, pictures, file)
    const { data, width } = await pixelsOf(Buffer.from(await drawBoxes(pictures, file, read)))
    const [{ x, y }] = read.codes[0]!.corners
    const at = (y * width + x) * 3
    assert.deepEqual([...data.subarray(at, at + 3)], [0, 0, 255])
  })
})

/** Whole pictures: any way up, taller than a tile, larger than a page, transparent; and the limits. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import sharp from 'sharp'
import { READER_FOLDER } from '../../../config/models.ts'
import { decodePage } from '../../../inference/image/page.ts'
import { DecodingPool } from '../../../inference/image/decoding/pool.ts'
import { drawBoxes } from '../../../inference/ocr/draw-boxes.ts'
import { MAX_PAGE_PIXELS, readPicture } from '../../../inference/ocr/read-picture.ts'
import { openReader, type TextReader } from '../../../inference/ocr/reader.ts'
import { FIXTURES } from '../../helpers/parity.ts'

const SIGN = readFileSync(path.join(FIXTURES, 'reading', '09-light.png'))
const SIGN_TEXT = ['EXIT', 'No parking', 'Platform 9']

function textsOf({ lines }: { readonly lines: readonly { readonly text: string }[] }): string[] {
  return lines.map(({ text }) => text)
}

/** The sign below itself, taller than a tile. */
async function tallSign() {
  const { width, height } = await sharp(SIGN).metadata()
  const count = Math.ceil(3600 / height)
  const create = { width, height: count * height, channels: 3, background: '#fff' } as const
  const signs = Array.from({ length: count }, (_, i) => ({ input: SIGN, left: 0, top: i * height }))
  return { file: await sharp({ create }).composite(signs).png().toBuffer(), count }
}

describe('readPicture', () => {
  let reader: TextReader
  const pictures = new DecodingPool()
  const read = (bytes: Uint8Array, limits = {}) => readPicture(reader, pictures, bytes, limits)

  before(async () => {
    reader = await openReader(READER_FOLDER, 1)
  })

  after(async () => {
    await pictures.close()
    await reader.release()
  })

  it('reads lines from top to bottom', async () => {
    const text = await read(SIGN)
    assert.deepEqual(textsOf(text), SIGN_TEXT)
    assert.equal(text.complete, true)
    const { width, height } = await sharp(SIGN).metadata()
    assert.deepEqual([text.width, text.height], [width, height])
    for (const { confidence } of text.lines) {
      assert.ok(confidence > 0.9 && confidence <= 1)
    }
  })

  it('reads a picture that is upside down, and says where each line begins', async () => {
    const { lines, width, height } = await read(await sharp(SIGN).rotate(180).png().toBuffer())
    assert.deepEqual(textsOf({ lines }), SIGN_TEXT)
    const exit = lines.find(({ text }) => text === 'EXIT')!
    const [start, end] = exit.corners
    assert.ok(start.x > end.x && start.x > width / 2 && start.y > height / 2)
  })

  it('reads lines that run down or up', async () => {
    for (const angle of [90, 270]) {
      const { lines } = await read(await sharp(SIGN).rotate(angle).png().toBuffer())
      assert.deepEqual(textsOf({ lines }), SIGN_TEXT, `${angle}`)
      const parking = lines.find(({ text }) => text === 'No parking')!
      const [start, end] = parking.corners
      assert.equal(end.y > start.y, angle === 90)
    }
  })

  it('reads Chinese columns from right to left', async () => {
    const { lines } = await read(readFileSync(path.join(FIXTURES, 'reading', 'columns.png')))
    assert.deepEqual(textsOf({ lines }), ['春眠不觉晓', '处处闻啼鸟', '夜来风雨声'])
  })

  it('reads a screenshot that is taller than a tile, each line once', async () => {
    const { file, count } = await tallSign()
    const { lines } = await read(file, { maxMs: 60_000 })
    assert.deepEqual(textsOf({ lines }), Array.from({ length: count }, () => SIGN_TEXT).flat())
    assert.ok(lines.at(-1)!.corners[0].y > 3400)
  })

  it('reads it from its top, and gives what it has where time runs out', async (t) => {
    const { image } = await decodePage((await tallSign()).file, MAX_PAGE_PIXELS)
    let now = 0
    // Each run takes a second.
    t.mock.method(performance, 'now', () => (now += 1000))
    const { lines, complete } = await reader.readAll(image, { maxMs: 1500 })
    assert.equal(complete, false)
    assert.ok(lines.length > 0)
    assert.ok(lines.every(({ corners }) => corners[0].y < 1800))
  })

  it('stops at its limits, and says so', async () => {
    const few = await read(SIGN, { maxLines: 2 })
    assert.deepEqual([few.lines.length, few.complete], [2, false])
    const none = await read(SIGN, { maxMs: 0 })
    assert.deepEqual([none.lines, none.complete], [[], false])
  })

  it('ends between two runs once it is cancelled', async () => {
    const signal = AbortSignal.abort(new Error('not needed'))
    await assert.rejects(readPicture(reader, pictures, SIGN, { signal }), /not needed/)
  })

  it('finds nothing in a plain picture', async () => {
    const plain = sharp({ create: { width: 300, height: 200, channels: 3, background: '#888' } })
    assert.deepEqual((await read(await plain.png().toBuffer())).lines, [])
  })

  it('takes no time for a picture that is too narrow for letters', async () => {
    const strip = sharp({ create: { width: 4, height: 100_000, channels: 3, background: '#d33' } })
    const text = await read(await strip.png().toBuffer(), { maxMs: 0 })
    assert.deepEqual([text.lines, text.complete], [[], true])
  })

  it('draws the boxes', async () => {
    const text = await read(SIGN)
    const drawn = await sharp(await drawBoxes(pictures, SIGN, text))
      .raw()
      .toBuffer()
    const plain = await sharp(SIGN).removeAlpha().toColorspace('srgb').raw().toBuffer()
    assert.notDeepEqual(drawn, plain)
    const { x, y } = text.lines[0]!.corners[0]
    const at = (y * text.width + x) * 3
    assert.deepEqual([...drawn.subarray(at, at + 3)], [255, 0, 0])
  })
})

describe('decodePage', () => {
  it('makes a picture smaller to its limit of pixels, and keeps its size', async () => {
    const { image, width, height } = await decodePage(SIGN, 10_000)
    assert.ok(image.width * image.height <= 10_000 && image.width * image.height > 9000)
    const own = await sharp(SIGN).metadata()
    assert.deepEqual([width, height], [own.width, own.height])
  })

  it('turns a photo upright', async () => {
    const bytes = await sharp({
      create: { width: 40, height: 20, channels: 3, background: '#123' },
    })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer()
    const { image, width, height } = await decodePage(bytes, 1e6)
    assert.deepEqual([image.width, image.height, width, height], [20, 40, 20, 40])
  })

  it('shows ink on a transparent ground, whatever its color', async () => {
    for (const ink of ['#000000', '#ffffff']) {
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="20" height="40" fill="${ink}"/></svg>`
      const bytes = await sharp(Buffer.from(svg)).png().toBuffer()
      const { image } = await decodePage(bytes, 1e6)
      const [left, right] = [image.data[0]!, image.data[39 * 3]!]
      assert.ok(Math.abs(left - right) > 150, ink)
    }
  })
})

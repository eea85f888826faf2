import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import sharp from 'sharp'
import { normalize, toPixelValues } from '../../../inference/image/pixel-values.ts'
import { animation, apng, transparent } from '../../helpers/layers.ts'
import { PARITY_NAMES } from '../../helpers/parity-names.ts'
import { FIXTURES, loadParity } from '../../helpers/parity.ts'
import { CLIP_PREPROCESSING, loadPictures, pictureBytes, sha256 } from '../../helpers/pictures.ts'

const { side, smallSide, pictures } = loadPictures()

describe('toPixelValues', () => {
  for (const picture of pictures.filter((p) => p.exact)) {
    it(`equals transformers to the last bit: ${picture.file} (${picture.about})`, async () => {
      const spec = { imageSize: side, preprocessing: CLIP_PREPROCESSING }
      const { data: values } = await toPixelValues(pictureBytes(picture.file), spec)
      assert.equal(sha256(values), picture.pixelValuesSha256)
    })
  }

  for (const picture of pictures.filter((p) => p.small !== undefined)) {
    it(`gives the recorded numbers: ${picture.file}`, async () => {
      const spec = { imageSize: smallSide, preprocessing: CLIP_PREPROCESSING }
      const { data: values } = await toPixelValues(pictureBytes(picture.file), spec)
      assert.deepEqual([...values], picture.small)
    })
  }

  for (const name of PARITY_NAMES) {
    it(`makes the input of the checkpoint ${name}`, async () => {
      const { image, imageSize, fit, pixelValuesSha256 } = loadParity(name)
      const spec = { imageSize, preprocessing: { ...CLIP_PREPROCESSING, fit: fit ?? 'squash' } }
      const { data: values } = await toPixelValues(readFileSync(path.join(FIXTURES, image)), spec)
      assert.equal(sha256(values), pixelValuesSha256)
    })
  }
})

describe('a picture whose colors alone show nothing', () => {
  const spec = { imageSize: 48, preprocessing: CLIP_PREPROCESSING }

  it('is seen by its alpha: on white, or on black where that shows more', async () => {
    const black = await toPixelValues(await transparent('#000', '#000'), spec)
    assert.deepEqual(black, await toPixelValues(await onPage('#000', '#fff'), spec))
    const white = await toPixelValues(await transparent('#fff', '#fff'), spec)
    assert.deepEqual(white, await toPixelValues(await onPage('#fff', '#000'), spec))
  })

  it('is seen by its first frame that shows something', async () => {
    const blank = await flat('#000')
    const drawing = await onPage('#d01010', '#fff')
    const wanted = await toPixelValues(drawing, spec)
    for (const file of [
      await animation('webp', [blank, blank, drawing]),
      await apng(blank, [blank, drawing]),
    ]) {
      assert.deepEqual(await toPixelValues(file, spec), wanted)
    }
  })

  it('is seen by a later frame where the first is a dot on an empty canvas', async () => {
    const drawing = await onPage('#d01010', '#fff')
    const gif = await animation('gif', [await flat('#000'), drawing])
    const wanted = await toPixelValues(gif, spec)
    // The first frame made one pixel large: its descriptor is the first 0x2c behind the header.
    const at = gif.indexOf(Buffer.from([0x2c, 0, 0, 0, 0]))
    gif.writeUInt16LE(1, at + 5)
    gif.writeUInt16LE(1, at + 7)
    assert.deepEqual(await toPixelValues(gif, spec), wanted)
  })

  it('is itself where there is nothing else to see', async () => {
    const { data: values } = await toPixelValues(await flat('#204060'), spec)
    assert.equal(new Set(values).size, 3)
  })
})

function flat(background: string): Promise<Buffer> {
  return sharp({ create: { width: 48, height: 48, channels: 3, background } })
    .png()
    .toBuffer()
}

/** A square of a color in the middle of an opaque page. */
async function onPage(color: string, page: string): Promise<Buffer> {
  return sharp(await transparent(color, color))
    .flatten({ background: page })
    .png()
    .toBuffer()
}

describe('normalize', () => {
  it('writes red, green and blue as three planes, rows first', () => {
    const image = { width: 2, height: 2, data: new Uint8Array(12) }
    image.data[2 * 3 + 1] = 255 // row 1, column 0: green

    const out = normalize(image, { imageSize: 2, preprocessing: CLIP_PREPROCESSING })

    // By hand: black is -mean / std of the channel, full green is (1 - 0.4578275) / 0.26130258.
    assert.equal(out.length, 12)
    assert.ok(Math.abs(out[0]! - -1.7922626) < 1e-6)
    assert.ok(Math.abs(out[4 + 2]! - 2.0748837) < 1e-6)
    assert.ok(Math.abs(out[4 + 1]! - -1.7520971) < 1e-6)
    assert.ok(Math.abs(out[8 + 2]! - -1.4802198) < 1e-6)
  })

  it('leaves zeros at the right of and below a smaller picture', () => {
    const image = { width: 1, height: 2, data: new Uint8Array(6) }
    const out = normalize(image, { imageSize: 3, preprocessing: CLIP_PREPROCESSING })
    const seen = [...out].map((value) => Number(value !== 0))
    const plane = [1, 0, 0, 1, 0, 0, 0, 0, 0]
    assert.deepEqual(seen, [...plane, ...plane, ...plane])
  })
})

/** Perceptual hashes: what stays alike, and what does not. */

import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import sharp from 'sharp'
import type { Sharp } from 'sharp'
import {
  distanceOf,
  type Fingerprint,
  fingerprintOf,
  isHash,
  isSimilarInDetail,
  sameDetail,
} from '../../../bot/pictures/fingerprint.ts'
import { drawTemplate } from '../../../bench/moderation/templates.ts'
import { decodeBrightness } from '../../../inference/image/thumbnail.ts'
import { InputError } from '../../../config/errors.ts'
import { screenshot } from '../../helpers/screenshots.ts'

/** The least distance between what is compared of two pictures. */
function apart(a: Fingerprint, b: Fingerprint): number {
  return Math.min(
    ...[b.whole, b.mirrored, ...b.cropped].map((hash) => distanceOf(a.whole, hash)),
    ...a.cropped.map((hash) => distanceOf(hash, b.whole)),
  )
}

function bands(colors: readonly string[], upright: boolean): string {
  return colors
    .map((color, i) =>
      upright
        ? `<rect x="${i * 200}" width="200" height="400" fill="${color}"/>`
        : `<rect y="${(i * 400) / 3}" width="600" height="${400 / 3}" fill="${color}"/>`,
    )
    .join('')
}

function gradient(kind: string, direction: string): string {
  return `<${kind} id="g" ${direction}><stop stop-color="#135"/><stop offset="1" stop-color="#fda"/></${kind}><rect width="600" height="400" fill="url(#g)"/>`
}

async function print(bytes: Uint8Array): Promise<Fingerprint> {
  const found = await fingerprintOf(bytes)
  assert.ok(found)
  return found
}

describe('distanceOf', () => {
  it('counts the bits that differ', () => {
    assert.equal(distanceOf('0000000000000000', '0000000000000000'), 0)
    assert.equal(distanceOf('0000000000000000', 'ffffffffffffffff'), 64)
    assert.equal(distanceOf('8000000000000001', '0000000000000000'), 2)
    assert.equal(distanceOf('00000000f0000000', '0000000070000000'), 1)
  })
})

describe('fingerprintOf', () => {
  let original: Uint8Array
  let known: Fingerprint
  before(async () => {
    original = await screenshot(1)
    known = await print(original)
  })

  it('gives hashes of 16 hexadecimal digits', () => {
    for (const hash of [known.whole, known.mirrored, ...known.cropped]) {
      assert.ok(isHash(hash))
    }
    assert.ok(!isHash('xyz') && !isHash('ABCDEF0123456789'))
  })

  for (const [name, change] of [
    ['JPEG of low quality', (s) => s.jpeg({ quality: 30 })],
    ['WebP', (s) => s.webp({ quality: 50 })],
    ['half the size', (s) => s.resize({ width: 400 }).png()],
    ['another shape', (s) => s.resize(640, 640, { fit: 'fill' }).png()],
    ['a little brighter', (s) => s.modulate({ brightness: 1.08 }).png()],
    ['a slight shift of color', (s) => s.modulate({ hue: 12, saturation: 1.15 }).png()],
    ['a little blurred', (s) => s.blur(1.5).png()],
  ] satisfies [string, (s: Sharp) => Sharp][]) {
    it(`stays within 6 bits: ${name}`, async () => {
      const changed = await print(await change(sharp(original)).toBuffer())
      assert.ok(distanceOf(known.whole, changed.whole) <= 6)
    })
  }

  for (const [name, left, top, right, bottom] of [
    ['3 % all around', 0.03, 0.03, 0.03, 0.03],
    ['5 % all around', 0.05, 0.05, 0.05, 0.05],
    ['6 % at the bottom', 0, 0, 0, 0.06],
    ['4 % on the left', 0.04, 0, 0, 0],
  ] as const) {
    it(`stays within 8 bits of one of the forms: cropped by ${name}`, async () => {
      const { width, height } = await sharp(original).metadata()
      const cut = await sharp(original)
        .extract({
          left: Math.round(left * width),
          top: Math.round(top * height),
          width: Math.round((1 - left - right) * width),
          height: Math.round((1 - top - bottom) * height),
        })
        .jpeg({ quality: 70 })
        .toBuffer()
      assert.ok(apart(known, await print(cut)) <= 8)
    })
  }

  it('finds the mirror image by the mirrored hash only', async () => {
    const flopped = await print(await sharp(original).flop().png().toBuffer())
    assert.ok(distanceOf(known.mirrored, flopped.whole) <= 2)
    assert.ok(distanceOf(known.whole, flopped.whole) > 16)
  })

  it('is far off for other pictures of the same make', async () => {
    for (let seed = 2; seed < 12; seed++) {
      const other = await print(await screenshot(seed))
      assert.ok(apart(known, other) > 10, `seed ${seed}: ${apart(known, other)}`)
    }
  })

  for (const [name, body] of [
    ['one color', '<rect width="600" height="400" fill="#fefefe"/>'],
    ['a flag of three bands', bands(['#000', '#d00', '#fc0'], false)],
    ['a flag of three columns', bands(['#0055a4', '#fff', '#ef4135'], true)],
    ['a gradient', gradient('linearGradient', 'x2="1" y2="1"')],
    ['a round gradient', gradient('radialGradient', '')],
  ] as const) {
    it(`says that a picture without structure cannot be compared: ${name}`, async () => {
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="600" height="400">${body}</svg>`
      const picture = sharp(Buffer.from(svg)).flatten()
      assert.equal(await fingerprintOf(await picture.png().toBuffer()), null)
      assert.equal(await fingerprintOf(await picture.jpeg({ quality: 60 }).toBuffer()), null)
    })
  }

  for (const template of ['meme', 'caption bar', 'casino page', 'post, dark', 'chat'] as const) {
    it(`tells other words on one template apart: ${template}`, async () => {
      const files = await Promise.all(
        [1, 2, 3].map((words) => drawTemplate(template, 0, { words })),
      )
      const [one, two, three] = await Promise.all(files.map(print))
      for (const [a, b] of [
        [one, two],
        [one, three],
        [two, three],
      ]) {
        assert.equal(sameDetail(a!, b!), null)
        assert.ok(!isSimilarInDetail(a!, b!))
      }
      const again = await print(await sharp(files[0]).webp({ quality: 85 }).toBuffer())
      assert.notEqual(sameDetail(one!, again), null)
    })
  }

  it('refuses a file that is not a picture, or too large', async () => {
    await assert.rejects(fingerprintOf(new Uint8Array(20)), InputError)
    const small = { maxPixels: 100 }
    const decode = (bytes: Uint8Array, side: number) => decodeBrightness(bytes, side, small)
    await assert.rejects(fingerprintOf(original, decode), InputError)
  })
})

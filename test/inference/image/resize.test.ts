import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeImage } from '../../../inference/image/decode.ts'
import type { Filter } from '../../../inference/image/filters.ts'
import { resize } from '../../../inference/image/resize.ts'
import { loadFilters, loadPictures, pictureBytes, sha256 } from '../../helpers/pictures.ts'

/** A gray row of pixels: three equal channels. */
function row(...values: number[]) {
  const data = Uint8Array.from(values.flatMap((v) => [v, v, v]))
  return { width: values.length, height: 1, data }
}

function grays({ data }: { data: Uint8Array }) {
  return [...data].filter((_, i) => i % 3 === 0)
}

describe('resize', () => {
  // Image.fromarray(np.uint8([[0, 30, 60, 200]])).resize((8, 1), Image.BICUBIC), Pillow 12.3.
  it('enlarges a row as Pillow does', () => {
    const out = resize(row(0, 30, 60, 200), 8, 1)
    assert.deepEqual(grays(out), [0, 5, 21, 35, 45, 93, 174, 212])
  })

  // Image.fromarray(np.uint8([[0, 255, 0, 255, 255, 0, 0]])).resize((3, 1), Image.BICUBIC)
  it('shrinks a row with a wider kernel', () => {
    const out = resize(row(0, 255, 0, 255, 255, 0, 0), 3, 1)
    assert.deepEqual(grays(out), [104, 189, 53])
  })

  it('keeps one color one color', () => {
    const image = { width: 5, height: 3, data: new Uint8Array(45).fill(77) }
    assert.deepEqual(resize(image, 17, 2).data, new Uint8Array(17 * 2 * 3).fill(77))
  })

  it('returns an image of the right size untouched', () => {
    const image = row(1, 2, 3)
    assert.equal(resize(image, 3, 1), image)
  })

  const { side, largeSide, pictures } = loadPictures()
  for (const picture of pictures.filter((p) => p.exact)) {
    const { file, about, resizedSha256, resizedLargeSha256 } = picture
    it(`equals Pillow: ${file} (${about})`, async () => {
      const image = await decodeImage(pictureBytes(file))
      assert.equal(sha256(resize(image, side, side).data), resizedSha256)
      assert.equal(sha256(resize(image, largeSide, largeSide).data), resizedLargeSha256)
    })
  }

  // Image.fromarray(np.uint8([[0, 30, 60, 200]])).resize((8, 1), Image.LANCZOS) and Image.BILINEAR
  it('enlarges a row with the other filters', () => {
    const gray = row(0, 30, 60, 200)
    assert.deepEqual(
      grays(resize(gray, 8, 1, { filter: 'lanczos' })),
      [0, 5, 23, 31, 36, 98, 175, 217],
    )
    assert.deepEqual(
      grays(resize(gray, 8, 1, { filter: 'bilinear' })),
      [0, 8, 23, 38, 53, 95, 165, 200],
    )
  })

  const { sizes, pictures: filtered } = loadFilters()
  for (const { file, lanczos, bilinear } of filtered) {
    it(`equals Pillow's Lanczos and bilinear filters: ${file}`, async () => {
      const image = await decodeImage(pictureBytes(file))
      const of = (filter: Filter) =>
        sizes.map(([width, height]) => sha256(resize(image, width, height, { filter }).data))
      assert.deepEqual(of('lanczos'), lanczos)
      assert.deepEqual(of('bilinear'), bilinear)
    })
  }

  it('computes the same in a window with a wide kernel', () => {
    const data = Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => (i * 37) % 251)
    const image = { width: 40, height: 30, data }
    const whole = resize(image, 90, 20, { filter: 'lanczos' })
    const window = { left: 31, top: 4, width: 20, height: 9 }
    const part = resize(image, 90, 20, { filter: 'lanczos', window })
    for (let y = 0; y < 9; y++) {
      const from = ((4 + y) * 90 + 31) * 3
      const expected = whole.data.subarray(from, from + 60)
      assert.deepEqual(part.data.subarray(y * 60, (y + 1) * 60), expected)
    }
  })

  it('does not enlarge a long strip before it is shortened', () => {
    // 224 * 20,000 and 20,000 * 224 pixels between the passes would take 13 MB.
    for (const [width, height] of [
      [1, 20_000],
      [20_000, 1],
    ] as const) {
      const strip = { width, height, data: new Uint8Array(width * height * 3).fill(9) }
      const before = process.memoryUsage().arrayBuffers
      const out = resize(strip, 224, 224)
      const allocated = process.memoryUsage().arrayBuffers - before
      assert.deepEqual(out.data, new Uint8Array(224 * 224 * 3).fill(9))
      assert.ok(allocated < 6 * 2 ** 20, `${width} x ${height}: ${allocated} bytes`)
    }
  })
})

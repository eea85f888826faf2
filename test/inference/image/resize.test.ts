import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeImage } from '../../../inference/image/decode.ts'
import { resizeBicubic } from '../../../inference/image/resize.ts'
import { loadPictures, pictureBytes, sha256 } from '../../helpers/pictures.ts'

/** A gray row of pixels: three equal channels. */
function row(...values: number[]) {
  const data = Uint8Array.from(values.flatMap((v) => [v, v, v]))
  return { width: values.length, height: 1, data }
}

function grays({ data }: { data: Uint8Array }) {
  return [...data].filter((_, i) => i % 3 === 0)
}

describe('resizeBicubic', () => {
  // Image.fromarray(np.uint8([[0, 30, 60, 200]])).resize((8, 1), Image.BICUBIC), Pillow 12.3.
  it('enlarges a row as Pillow does', () => {
    const out = resizeBicubic(row(0, 30, 60, 200), 8, 1)
    assert.deepEqual(grays(out), [0, 5, 21, 35, 45, 93, 174, 212])
  })

  // Image.fromarray(np.uint8([[0, 255, 0, 255, 255, 0, 0]])).resize((3, 1), Image.BICUBIC)
  it('shrinks a row with a wider kernel', () => {
    const out = resizeBicubic(row(0, 255, 0, 255, 255, 0, 0), 3, 1)
    assert.deepEqual(grays(out), [104, 189, 53])
  })

  it('keeps one color one color', () => {
    const image = { width: 5, height: 3, data: new Uint8Array(45).fill(77) }
    assert.deepEqual(resizeBicubic(image, 17, 2).data, new Uint8Array(17 * 2 * 3).fill(77))
  })

  it('returns an image of the right size untouched', () => {
    const image = row(1, 2, 3)
    assert.equal(resizeBicubic(image, 3, 1), image)
  })

  const { side, largeSide, pictures } = loadPictures()
  for (const picture of pictures.filter((p) => p.exact)) {
    const { file, about, resizedSha256, resizedLargeSha256 } = picture
    it(`equals Pillow: ${file} (${about})`, async () => {
      const image = await decodeImage(pictureBytes(file))
      assert.equal(sha256(resizeBicubic(image, side, side).data), resizedSha256)
      assert.equal(sha256(resizeBicubic(image, largeSide, largeSide).data), resizedLargeSha256)
    })
  }

  it('does not enlarge a long strip before it is shortened', () => {
    // 224 * 20,000 and 20,000 * 224 pixels between the passes would take 13 MB.
    for (const [width, height] of [
      [1, 20_000],
      [20_000, 1],
    ] as const) {
      const strip = { width, height, data: new Uint8Array(width * height * 3).fill(9) }
      const before = process.memoryUsage().arrayBuffers
      const out = resizeBicubic(strip, 224, 224)
      const allocated = process.memoryUsage().arrayBuffers - before
      assert.deepEqual(out.data, new Uint8Array(224 * 224 * 3).fill(9))
      assert.ok(allocated < 6 * 2 ** 20, `${width} x ${height}: ${allocated} bytes`)
    }
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deflateSync } from 'node:zlib'
import { repackPng } from '../../../../inference/image/formats/png.ts'
import { chunk } from '../../../helpers/layers.ts'
import { pictureBytes } from '../../../helpers/pictures.ts'

/** The signature, and the chunk IHDR. */
const HEADER = 8 + 25

describe('repackPng', () => {
  it('leaves out text, profiles and all else that pixels do not need', () => {
    const file = pictureBytes('rgba.png')
    const text = Buffer.concat([Buffer.from('Comment\0\0'), deflateSync(Buffer.alloc(1e6))])
    const more = [chunk('zTXt', text), chunk('iCCP', text), chunk('gAMA', Buffer.alloc(4))]
    const parts = [file.subarray(0, HEADER), ...more, file.subarray(HEADER)]
    assert.deepEqual(repackPng(Buffer.concat(parts)), repackPng(file))
  })

  it('keeps palettes, transparent colors and the orientation', () => {
    for (const [name, kind] of [
      ['palette-transparent.png', 'PLTE'],
      ['palette-transparent.png', 'tRNS'],
      ['orientation-6.png', 'eXIf'],
    ] as const) {
      assert.ok(Buffer.from(repackPng(pictureBytes(name))).includes(kind), kind)
    }
  })
})

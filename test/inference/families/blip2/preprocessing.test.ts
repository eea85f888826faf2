/** What a checkpoint says about how a picture becomes a square. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { readPreprocessing } from '../../../../inference/families/blip2/preprocessing.ts'

function fitOf(settings: object): { fit: string; problems: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'preprocessing-'))
  try {
    writeFileSync(path.join(folder, 'preprocessor_config.json'), JSON.stringify(settings))
    const problems: string[] = []
    const { fit } = readPreprocessing(folder, 32, problems)
    return { fit, problems: problems.join('\n') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const size = { max_height: 32, max_width: 32 }
const square = { height: 32, width: 32 }

describe('readPreprocessing', () => {
  it('squashes where nothing else is said', () => {
    assert.deepEqual(fitOf({}), { fit: 'squash', problems: '' })
    assert.deepEqual(fitOf({ size: square }), { fit: 'squash', problems: '' })
    // There is nothing to pad then.
    assert.deepEqual(fitOf({ size: square, do_pad: true }), { fit: 'squash', problems: '' })
  })

  it('pads a picture that keeps its aspect ratio', () => {
    assert.deepEqual(fitOf({ size, do_pad: true, pad_size: square }), { fit: 'pad', problems: '' })
  })

  it('refuses pictures of different sizes', () => {
    for (const settings of [{ size }, { size, do_pad: true }, { size, pad_size: square }]) {
      assert.match(fitOf(settings).problems, /do_pad is not true with a pad_size/)
    }
  })

  it('refuses a size that is not the image encoder', () => {
    const pad_size = { height: 30, width: 32 }
    assert.match(fitOf({ size, do_pad: true, pad_size }).problems, /image encoder takes 32 pixels/)
    assert.match(fitOf({ size: { height: 30, width: 32 } }).problems, /takes 32 pixels/)
    const larger = { size: square, do_pad: true, pad_size: { height: 40, width: 40 } }
    assert.match(fitOf(larger).problems, /larger than the image encoder/)
  })
})

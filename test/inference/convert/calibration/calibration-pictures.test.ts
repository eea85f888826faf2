import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { findCalibrationPictures } from '../../../../inference/convert/calibration/calibration-pictures.ts'
import { ConfigError } from '../../../../config/errors.ts'
import { pictureBytes } from '../../../helpers/pictures.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pictures-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function put(name: string, picture: string) {
  writeFileSync(path.join(folder, name), pictureBytes(picture))
}

/** What stands against the folder. */
async function problems(of: string = folder): Promise<readonly string[]> {
  const error = await findCalibrationPictures(of).catch((cause: unknown) => cause)
  assert.ok(error instanceof ConfigError, String(error))
  return error.problems
}

describe('findCalibrationPictures', () => {
  it('takes the pictures of a folder by name, and nothing else', async () => {
    put('b.JPG', 'grey.jpg')
    put('a.webp', 'lossy.webp')
    put('c.png', 'grey.png')
    writeFileSync(path.join(folder, 'notes.txt'), 'not a picture')
    writeFileSync(path.join(folder, '._c.png'), 'what some systems leave behind')
    mkdirSync(path.join(folder, 'folder.png'))
    const { files, total } = await findCalibrationPictures(folder)
    assert.deepEqual(
      files.map((file) => path.basename(file)),
      ['a.webp', 'b.JPG', 'c.png'],
    )
    assert.equal(total, 3)
  })

  it('takes some of many from everywhere among them', async () => {
    for (let i = 0; i < 96; i++) {
      put(`${String(i).padStart(2, '0')}.png`, 'size-1x1.png')
    }
    const { files, total } = await findCalibrationPictures(folder)
    assert.equal(total, 96)
    const expected = Array.from({ length: 32 }, (_, i) => `${String(3 * i).padStart(2, '0')}.png`)
    assert.deepEqual(
      files.map((file) => path.basename(file)),
      expected,
    )
  })

  it('says that there is no folder, or nothing in it', async () => {
    const [nowhere] = await problems(path.join(folder, 'nowhere'))
    assert.equal(nowhere, `--calibrate: ${path.join(folder, 'nowhere')} is not a folder.`)
    put('picture.png', 'grey.png')
    assert.match((await problems(path.join(folder, 'picture.png')))[0]!, /is not a folder\.$/)
    rmSync(path.join(folder, 'picture.png'))
    writeFileSync(path.join(folder, 'notes.txt'), 'not a picture')
    const empty = `--calibrate: ${folder} has no picture in it, such as a .jpg or .png.`
    assert.deepEqual(await problems(), [empty])
  })

  it('names every picture that is broken or none', async () => {
    put('a.jpg', 'grey.jpg')
    truncateSync(path.join(folder, 'a.jpg'), 300)
    put('b.png', 'grey.png')
    writeFileSync(path.join(folder, 'c.png'), 'not a picture')
    const [first, second, ...rest] = await problems()
    assert.equal(
      first,
      `--calibrate: ${path.join(folder, 'a.jpg')}: This is not a picture that can be read (image/damaged).`,
    )
    assert.match(second!, /c\.png: .+\.$/)
    assert.deepEqual(rest, [])
  })
})

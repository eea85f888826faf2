/** The list of scam words finds a Russian casino in a picture, read by the shipped reader. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { compileTerms } from '../../../../bot/moderation/words/score.ts'
import { shippedList } from '../../../../bot/moderation/words/shipped-lists.ts'
import { readTerms } from '../../../../bot/moderation/words/terms.ts'
import { DEFAULT_POINTS } from '../../../../commands/moderation/rule.ts'
import { READER_FOLDER } from '../../../../config/models.ts'
import { DecodingPool } from '../../../../inference/image/decoding/pool.ts'
import { readPicture } from '../../../../inference/ocr/read-picture.ts'
import { openReader, type TextReader } from '../../../../inference/ocr/reader.ts'
import { FIXTURES } from '../../../helpers/parity.ts'

describe('the list of scams on Russian pictures', () => {
  const pictures = new DecodingPool()
  const score = compileTerms(readTerms(shippedList('scams')))
  let reader: TextReader

  before(async () => {
    reader = await openReader(READER_FOLDER, 1)
  })

  after(async () => {
    await pictures.close()
    await reader.release()
  })

  const read = async (name: string) => {
    const file = readFileSync(path.join(FIXTURES, 'reading-cyrillic', name))
    const { lines } = await readPicture(reader, pictures, file)
    return lines.map(({ text }) => text)
  }

  it('reaches the usual threshold on a casino', async () => {
    const lines = await read('casino.jpg')
    assert.ok(lines.includes('Успешный вывод средств'), lines.join(' | '))
    const { points, terms } = await score(lines)
    assert.ok(points >= DEFAULT_POINTS, `${points} ${JSON.stringify(terms)}`)
  })

  it('does not reach it on a notice', async () => {
    const lines = await read('notice.jpg')
    assert.ok(lines.includes('Завтра отключат воду'), lines.join(' | '))
    const { points } = await score(lines)
    assert.ok(points < DEFAULT_POINTS)
  })
})

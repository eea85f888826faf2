/** The head for Cyrillic gives what PyTorch computes of its weights (test/reference/reading_cyrillic.py). */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { InferenceSession } from 'onnxruntime-node'
import sharp from 'sharp'
import { READER_FOLDER } from '../../../config/models.ts'
import { decodePage } from '../../../inference/image/page.ts'
import { summaryOf } from '../../../inference/ocr/ctc.ts'
import {
  readCharacters,
  readReaderCard,
  readRecognizer,
} from '../../../inference/ocr/reader-card.ts'
import { openReader } from '../../../inference/ocr/reader.ts'
import { paddedWidthOf, readBatch, recognize } from '../../../inference/ocr/recognize.ts'
import { cpuSessionOptions } from '../../../inference/runtime/session-options.ts'
import { FIXTURES } from '../../helpers/parity.ts'

const FOLDER = path.join(FIXTURES, 'reading-cyrillic')
const CONFIDENCE_TOLERANCE = 0.01
const lines: { name: string; drawn: string; text: string; confidence: number }[] = JSON.parse(
  readFileSync(path.join(FOLDER, 'reading.json'), 'utf8'),
)

describe('the head for Cyrillic', () => {
  const card = readReaderCard(READER_FOLDER)
  const characters = readCharacters(READER_FOLDER, card)
  let session: InferenceSession

  before(async () => {
    const options = cpuSessionOptions({ threads: 1 })
    session = await InferenceSession.create(readRecognizer(READER_FOLDER, card), options)
  })

  after(() => session.release())

  const inputOf = async (name: string) => {
    const { image } = await decodePage(readFileSync(path.join(FOLDER, name)), 1e6)
    const { height } = card.recognition
    return { image, size: { width: paddedWidthOf(image, height), height } }
  }

  it('reads the lines as the reference does', async () => {
    const wrong: string[] = []
    for (const { name, text, confidence } of lines) {
      const { image, size } = await inputOf(name)
      const [, cyrillic] = await readBatch(session, [image], size, characters)
      const read = summaryOf(cyrillic![0]!)
      const off = Math.abs(read.confidence - confidence)
      if (read.text !== text || off > CONFIDENCE_TOLERANCE) {
        wrong.push(`${name}: ${read.text} ${read.confidence}, not ${text} ${confidence}`)
      }
    }
    assert.deepEqual(wrong, [])
  })

  it('is asked for Cyrillic alone', async () => {
    for (const { name, drawn } of lines) {
      const { image, size } = await inputOf(name)
      const [both] = await recognize(session, [image], size, characters)
      const [general] = await recognize(session, [image], size, { general: characters.general })
      if (!/\p{Script=Cyrillic}/u.test(drawn)) {
        assert.deepEqual(both, general)
      }
    }
  })
})

describe('a picture in Russian', () => {
  const LINES = ['Объявление', 'Завтра отключат воду', 'с утра до вечера', 'Запаситесь заранее']

  it('is read any way up', async () => {
    const reader = await openReader(READER_FOLDER, 1)
    try {
      for (const angle of [0, 90, 180, 270]) {
        const turned = sharp(path.join(FOLDER, 'notice.jpg')).rotate(angle)
        const { image } = await decodePage(await turned.png().toBuffer(), 1e6)
        const { lines: read } = await reader.readAll(image)
        assert.deepEqual(
          read.map(({ text }) => text),
          LINES,
          `${angle}`,
        )
      }
    } finally {
      await reader.release()
    }
  })
})

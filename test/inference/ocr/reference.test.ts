/** Boxes and texts are those of PaddleOCR's own code, on 45 pictures (test/reference/reading.py). */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { InferenceSession } from 'onnxruntime-node'
import { READER_FOLDER } from '../../../config/models.ts'
import { decodePage, type Page } from '../../../inference/image/page.ts'
import { detectTile, tilesOf } from '../../../inference/ocr/detect.ts'
import type { Quad } from '../../../inference/ocr/geometry.ts'
import { readCharacters, readReaderCard } from '../../../inference/ocr/reader-card.ts'
import { paddedWidthOf, recognize } from '../../../inference/ocr/recognize.ts'
import { cropOf, turnLeft } from '../../../inference/ocr/sampling.ts'
import { cpuSessionOptions } from '../../../inference/runtime/session-options.ts'
import { FIXTURES } from '../../helpers/parity.ts'

/** Of a corner, in pixels: polygons are rounded at another place. */
const BOX_TOLERANCE = 2
const CONFIDENCE_TOLERANCE = 0.03

const FOLDER = path.join(FIXTURES, 'reading')
type Line = { corners: [number, number][]; text: string; confidence: number }
const pictures: { name: string; lines: Line[] }[] = JSON.parse(
  readFileSync(path.join(FOLDER, 'reading.json'), 'utf8'),
)

function quadOf({ corners }: Line): Quad {
  const [a, b, c, d] = corners.map(([x, y]) => ({ x, y }))
  return [a!, b!, c!, d!]
}

function open(name: string): Promise<InferenceSession> {
  return InferenceSession.create(path.join(READER_FOLDER, name), cpuSessionOptions({ threads: 1 }))
}

/** The largest difference of two boxes in a coordinate, whichever corner comes first. */
function distance(a: Quad, b: Quad): number {
  const from = [0, 1, 2, 3].map((shift) =>
    Math.max(
      ...a.map(({ x, y }, i) => {
        const other = b[(i + shift) % 4]!
        return Math.max(Math.abs(x - other.x), Math.abs(y - other.y))
      }),
    ),
  )
  return Math.min(...from)
}

describe('the text reader', () => {
  const card = readReaderCard(READER_FOLDER)
  const { general } = readCharacters(READER_FOLDER, card)
  const pages = new Map<string, Page>()
  let detection: InferenceSession
  let recognition: InferenceSession

  before(async () => {
    detection = await open('detection.onnx')
    recognition = await open('recognition.onnx')
    for (const { name } of pictures) {
      pages.set(name, await decodePage(readFileSync(path.join(FOLDER, name)), 1e6))
    }
  })

  after(async () => {
    await detection.release()
    await recognition.release()
  })

  it('is compared on enough', () => {
    assert.ok(pictures.length >= 40)
    assert.ok(pictures.flatMap(({ lines }) => lines).length >= 120)
  })

  it('finds the boxes of the reference, and no others', async () => {
    const wrong: string[] = []
    for (const { name, lines } of pictures) {
      const { image } = pages.get(name)!
      const boxes = await detectTile(detection, card, image, tilesOf(image.height)[0]!)
      const far = lines.filter(
        (line) => !boxes.some(({ corners }) => distance(corners, quadOf(line)) <= BOX_TOLERANCE),
      )
      if (far.length > 0 || boxes.length !== lines.length) {
        wrong.push(`${name}: ${boxes.length} boxes of ${lines.length}, ${far.length} elsewhere`)
      }
    }
    assert.deepEqual(wrong, [])
  })

  it('reads the texts of the reference in its boxes', async () => {
    const wrong: string[] = []
    for (const { name, lines } of pictures) {
      for (const line of lines) {
        const upright = cropOf(pages.get(name)!.image, quadOf(line))
        const crop = upright.height >= 1.5 * upright.width ? turnLeft(upright) : upright
        const { height } = card.recognition
        const size = { width: paddedWidthOf(crop, height), height }
        const [read] = await recognize(recognition, [crop], size, { general })
        const off = Math.abs(read!.confidence - line.confidence)
        if (read!.text !== line.text || off > CONFIDENCE_TOLERANCE) {
          wrong.push(
            `${name}: ${read!.text} ${read!.confidence}, not ${line.text} ${line.confidence}`,
          )
        }
      }
    }
    assert.deepEqual(wrong, [])
  })
})

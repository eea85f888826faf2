/**
 * Reads the text in a picture: detection, upright crops, recognition.
 *
 * A reader's sessions block the thread that they run on, so a reading is a generator: it pauses after
 * each run of a network, and its caller decides what goes first. Knows nothing about files.
 */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import { ConfigError } from '../../config/errors.ts'
import type { RgbImage } from '../image/resize.ts'
import { cpuSessionOptions } from '../runtime/session-options.ts'
import type { Recognized } from './ctc.ts'
import { detectTile, tilesOf } from './detect.ts'
import { type Quad, sidesOf } from './geometry.ts'
import { type ReaderCard, readCharacters, readReaderCard, readRecognizer } from './reader-card.ts'
import { inReadingOrder } from './reading-order.ts'
import { batchesOf, type Characters, recognize } from './recognize.ts'
import { cropOf, resizeBilinear, turnLeft, turnOver } from './sampling.ts'
import { inScriptOfMost } from './scripts.ts'

/** One line of text. */
export type TextLine = {
  readonly text: string
  /** Mean probability of its characters, 0 to 1. */
  readonly confidence: number
  /** In pixels of the picture; the first corner is where its first character begins. */
  readonly corners: Quad
}

export type ReadText = {
  /** In reading order. */
  readonly lines: readonly TextLine[]
  /** False where time or the number of lines ran out: there is more text than this. */
  readonly complete: boolean
}

export type ReadLimits = {
  /** Time for the networks, in milliseconds; what waits in between does not count. */
  readonly maxMs: number
  readonly maxLines: number
}

export const READ_LIMITS: ReadLimits = { maxMs: 10_000, maxLines: 400 }

/** The detector's picture is at most this wide, in pixels; crops come from the larger one. */
const DETECTION_WIDTH = 1600
/** Pictures that are narrower, in pixels of either side, hold no letter that anybody could read. */
const MIN_SIDE = 5
/** A box this many times as high as wide is a line that runs down. */
const TALL = 1.5
/** Lines under this confidence are tried the other way up as well. */
const SURE = 0.85
/** How much likelier the other way up has to be: symbols look like letters either way. */
const TURNED_MARGIN = 0.15
/** Less likely text is no text. */
const MIN_CONFIDENCE = 0.5

/** A line on its way: what the box shows, and the best that was read of it. */
type Candidate = {
  readonly corners: Quad
  readonly crop: RgbImage
  best: Recognized & { readonly turned: boolean }
}

export class TextReader {
  readonly card: ReaderCard
  readonly #detection: InferenceSession
  readonly #recognition: InferenceSession
  readonly #characters: Characters

  constructor(
    card: ReaderCard,
    sessions: { readonly detection: InferenceSession; readonly recognition: InferenceSession },
    characters: Characters,
  ) {
    this.card = card
    this.#detection = sessions.detection
    this.#recognition = sessions.recognition
    this.#characters = characters
  }

  /**
   * Reads a picture; pauses after each run of a network. A tall one is read from its top, so that where time
   * runs out its first lines are known.
   *
   * @param image uint8 RGB, [height, width, 3].
   */
  async *read(
    image: RgbImage,
    limits: Partial<ReadLimits> = {},
  ): AsyncGenerator<void, ReadText, void> {
    if (Math.min(image.width, image.height) < MIN_SIDE) {
      return { lines: [], complete: true }
    }
    const { maxMs, maxLines } = { ...READ_LIMITS, ...limits }
    const clock = new Stopwatch(maxMs)
    const candidates: Candidate[] = []
    let hasRoom = true
    for await (const found of this.#detect(image, clock)) {
      yield
      const room = maxLines - candidates.length
      hasRoom &&= found.length <= room
      const some = found.slice(0, room).map((corners) => candidateOf(image, corners))
      candidates.push(...some)
      yield* this.#recognize(some, false, clock)
      const unsure = some.filter(({ best }) => best.confidence < SURE)
      yield* this.#recognize(unsure, true, clock)
      if (!hasRoom) {
        break
      }
    }
    const turned = candidates.filter(({ best }) => best.turned)
    if (turned.length >= candidates.length / 2) {
      // The whole picture is upside down, where short words may look like others.
      const others = candidates.filter(({ best }) => !best.turned)
      yield* this.#recognize(others, true, clock, 0)
    }
    const texts = inScriptOfMost(candidates.map(({ best }) => best))
    const lines = candidates.flatMap((candidate, i) => lineOf(candidate, texts[i]!) ?? [])
    return { lines: inReadingOrder(lines), complete: !clock.isOver && hasRoom }
  }

  /** Reads a picture without a pause. */
  async readAll(image: RgbImage, limits: Partial<ReadLimits> = {}): Promise<ReadText> {
    const reading = this.read(image, limits)
    for (;;) {
      const { done, value } = await reading.next()
      if (done) {
        return value
      }
    }
  }

  /** Frees the sessions, while nothing runs. */
  async release(): Promise<void> {
    await this.#detection.release()
    await this.#recognition.release()
  }

  /** The boxes of each tile, in pixels of the picture. */
  async *#detect(image: RgbImage, clock: Stopwatch): AsyncGenerator<Quad[], void, void> {
    const scale = Math.min(1, DETECTION_WIDTH / image.width)
    const small = resizeBilinear(
      image,
      Math.round(image.width * scale),
      Math.max(1, Math.round(image.height * scale)),
    )
    for (const tile of tilesOf(small.height)) {
      if (clock.isOver) {
        return
      }
      const boxes = await clock.time(() => detectTile(this.#detection, this.card, small, tile))
      yield boxes.map(({ corners }) => scaled(corners, scale))
    }
  }

  /**
   * Reads the candidates' crops, as they are or turned over, and keeps what is likelier.
   *
   * @param margin by which the new confidence must be higher.
   */
  async *#recognize(
    candidates: readonly Candidate[],
    turned: boolean,
    clock: Stopwatch,
    margin = turned ? TURNED_MARGIN : 0,
  ): AsyncGenerator<void, void, void> {
    const { height } = this.card.recognition
    const crops = candidates.map(({ crop }) => (turned ? turnOver(crop) : crop))
    for (const { width, indices } of batchesOf(crops, height)) {
      if (clock.isOver) {
        return
      }
      const batch = indices.map((index) => crops[index]!)
      const read = await clock.time(() =>
        recognize(this.#recognition, batch, { width, height }, this.#characters),
      )
      for (const [i, index] of indices.entries()) {
        const candidate = candidates[index]!
        if (read[i]!.confidence > candidate.best.confidence + margin) {
          candidate.best = { ...read[i]!, turned }
        }
      }
      yield
    }
  }
}

/** Opens a reader. @throws {ConfigError} naming what is missing or does not load. */
export async function openReader(folder: string, threads: number): Promise<TextReader> {
  const card = readReaderCard(folder)
  const open = async (name: string, read: (file: string) => Uint8Array) => {
    const file = path.join(folder, name)
    try {
      return await InferenceSession.create(read(file), cpuSessionOptions({ threads }))
    } catch (cause) {
      throw new ConfigError([`${file} does not load: ${String(cause)}`], { cause })
    }
  }
  const detection = await open('detection.onnx', (file) => readFileSync(file))
  const recognition = await open('recognition.onnx', () => readRecognizer(folder, card))
  return new TextReader(card, { detection, recognition }, readCharacters(folder, card))
}

/** How long the networks took, and whether that is enough. */
class Stopwatch {
  readonly #maxMs: number
  #ms = 0

  constructor(maxMs: number) {
    this.#maxMs = maxMs
  }

  get isOver(): boolean {
    return this.#ms >= this.#maxMs
  }

  async time<T>(work: () => Promise<T>): Promise<T> {
    const start = performance.now()
    try {
      return await work()
    } finally {
      this.#ms += performance.now() - start
    }
  }
}

function candidateOf(image: RgbImage, corners: Quad): Candidate {
  const { width, height } = sidesOf(corners)
  const isTall = height >= TALL * width
  const crop = cropOf(image, corners)
  const [topLeft, topRight, bottomRight, bottomLeft] = corners
  return {
    corners: isTall ? [topRight, bottomRight, bottomLeft, topLeft] : corners,
    crop: isTall ? turnLeft(crop) : crop,
    best: { text: '', confidence: 0, turned: false },
  }
}

/** What was read, if it is text. */
function lineOf({ best, corners }: Candidate, untrimmed: string): TextLine | null {
  const text = untrimmed.trim()
  return best.confidence >= MIN_CONFIDENCE && text !== ''
    ? { text, confidence: best.confidence, corners: best.turned ? turnedCorners(corners) : corners }
    : null
}

/** Of a line that is the other way up. */
function turnedCorners([a, b, c, d]: Quad): Quad {
  return [c, d, a, b]
}

function scaled(corners: Quad, scale: number): Quad {
  const [a, b, c, d] = corners.map(({ x, y }) => ({
    x: Math.round(x / scale),
    y: Math.round(y / scale),
  }))
  return [a!, b!, c!, d!]
}

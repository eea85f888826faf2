/**
 * The frames of an animated PNG, each as a file of its own, and how they are composed. Format:
 * https://www.w3.org/TR/png-3/#apng-frame-based-animation.
 */

import { assemblePng, chunksOf, pngChunk } from '../formats/png.ts'
import type { RgbaImage } from '../visible.ts'

/** What happens to a frame's part of the canvas before the next frame. */
const DISPOSE = { background: 1, previous: 2 } as const
/** A frame is put over what is there, instead of replacing it. */
const BLEND_OVER = 1
const MS = 1000
/** Hundredths of a second, where the file says nothing. */
const USUAL_DENOMINATOR = 100

export type ApngFrame = {
  readonly width: number
  readonly height: number
  readonly left: number
  readonly top: number
  /** Milliseconds. */
  readonly delay: number
  readonly dispose: number
  readonly blend: number
  /** A PNG of this part alone. */
  readonly file: () => Uint8Array
}

export type Apng = {
  readonly width: number
  readonly height: number
  readonly frames: readonly ApngFrame[]
}

/** What every frame needs of the file. */
const SHARED = new Set(['PLTE', 'tRNS'])

/** Reads the structure of a file. @returns null if it is not animated, or its structure is wrong. */
export function readApng(bytes: Uint8Array): Apng | null {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  let header: Buffer | null = null
  const shared: Buffer[] = []
  const frames: { control: Buffer; pixels: Buffer[] }[] = []
  for (const { type, data, whole } of chunksOf(file)) {
    if (type === 'IHDR') {
      header = data
    } else if (SHARED.has(type)) {
      shared.push(whole)
    } else if (type === 'fcTL') {
      frames.push({ control: data, pixels: [] })
    } else if (type === 'IDAT') {
      frames.at(-1)?.pixels.push(data) // without a frame before it, it is the still for other programs
    } else if (type === 'fdAT') {
      frames.at(-1)?.pixels.push(data.subarray(4)) // behind its sequence number
    }
  }
  if (header === null || header.length < 13) {
    return null
  }
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  const whole = frames.filter(({ control, pixels }) => control.length >= 26 && pixels.length > 0)
  const read = whole.map(({ control, pixels }) => {
    const frameHeader = Buffer.from(header)
    control.copy(frameHeader, 0, 4, 12)
    return {
      width: control.readUInt32BE(4),
      height: control.readUInt32BE(8),
      left: control.readUInt32BE(12),
      top: control.readUInt32BE(16),
      delay: (MS * control.readUInt16BE(20)) / (control.readUInt16BE(22) || USUAL_DENOMINATOR),
      dispose: control[24]!,
      blend: control[25]!,
      file: () => assemblePng(file, [...pngChunk('IHDR', frameHeader), ...shared], pixels),
    }
  })
  const fits = read.every(
    (frame) => frame.left + frame.width <= width && frame.top + frame.height <= height,
  )
  return read.length > 1 && fits ? { width, height, frames: read } : null
}

/** A canvas that frames are drawn on, one after the other. */
export class ApngCanvas {
  /** uint8 RGBA, [height, width, 4], not premultiplied. */
  readonly #canvas: Uint8Array
  readonly #width: number
  readonly #height: number
  /** Undoes the last frame as far as it says so. */
  #dispose: () => void = () => {}

  constructor({ width, height }: Pick<Apng, 'width' | 'height'>) {
    this.#canvas = new Uint8Array(width * height * 4)
    this.#width = width
    this.#height = height
  }

  /** Draws the next frame. @param pixels of the frame's part. */
  draw(frame: ApngFrame, { data }: RgbaImage): void {
    this.#dispose()
    const part = this.#part(frame)
    for (let y = 0; y < frame.height; y++) {
      const row = data.subarray(y * frame.width * 4, (y + 1) * frame.width * 4)
      const at = this.#offset(frame, y)
      if (frame.blend === BLEND_OVER) {
        blendOver(this.#canvas.subarray(at, at + row.length), row)
      } else {
        this.#canvas.set(row, at)
      }
    }
    this.#dispose = () => this.#undo(frame, part)
  }

  /** What is shown now; changed by the next frame. */
  get image(): RgbaImage {
    return { width: this.#width, height: this.#height, data: this.#canvas }
  }

  #offset({ left, top }: ApngFrame, y: number): number {
    return ((top + y) * this.#width + left) * 4
  }

  /** What is under a frame that is taken off again. */
  #part(frame: ApngFrame): Uint8Array | null {
    if (frame.dispose !== DISPOSE.previous) {
      return null
    }
    const length = frame.width * 4
    const part = new Uint8Array(length * frame.height)
    for (let y = 0; y < frame.height; y++) {
      const at = this.#offset(frame, y)
      part.set(this.#canvas.subarray(at, at + length), y * length)
    }
    return part
  }

  #undo(frame: ApngFrame, part: Uint8Array | null): void {
    if (frame.dispose !== DISPOSE.background && part === null) {
      return
    }
    const length = frame.width * 4
    for (let y = 0; y < frame.height; y++) {
      const at = this.#offset(frame, y)
      const row = this.#canvas.subarray(at, at + length)
      if (part === null) {
        row.fill(0)
      } else {
        row.set(part.subarray(y * length, (y + 1) * length))
      }
    }
  }
}

/** Puts a row over another. @param to changed. */
function blendOver(to: Uint8Array, from: Uint8Array): void {
  for (let i = 0; i < from.length; i += 4) {
    const above = from[i + 3]! / 255
    const below = (to[i + 3]! / 255) * (1 - above)
    const alpha = above + below
    for (let channel = 0; channel < 3; channel++) {
      const sum = from[i + channel]! * above + to[i + channel]! * below
      to[i + channel] = alpha > 0 ? Math.round(sum / alpha) : 0
    }
    to[i + 3] = Math.round(alpha * 255)
  }
}

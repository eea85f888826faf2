/**
 * Some frames of a moving picture as pictures of their own, for a model that takes several: GIF, WebP,
 * APNG and AVIF. A frame is what people see at that time, with all that was drawn before it.
 */

import sharp from 'sharp'
import type { Sharp } from 'sharp'
import { InputError } from '../../../config/errors.ts'
import { type OpenOptions, type OpenPicture, withPicture } from '../decode.ts'
import type { ImageLimits } from '../limits.ts'
import type { Rgb } from '../formats/gif.ts'
import { type ImageFormat, sniffFormat } from '../sniff.ts'
import { contrastOf, isPlain, over, type RgbaImage, rgbaPixels, uprightFrame } from '../visible.ts'
import { type Apng, ApngCanvas, readApng } from './apng.ts'
import { readAvifSequence } from './avif-sequence.ts'
import { chooseFrames } from './choose-frames.ts'

export type FramesSpec = {
  /** Frames to choose, at most. */
  readonly most: number
  /** The longest side of a frame, in pixels; a smaller one keeps its size. */
  readonly side: number
}

/** A moving picture; of a still one, `total` is 1 and there are no files. */
export type Frames = {
  /** Of the whole picture. */
  readonly total: number
  /** PNG files of the chosen frames, in order. */
  readonly files: readonly Uint8Array[]
}

/**
 * Pixels that are decoded for all frames together, at most. Those before a frame count too, since it is
 * made of them: eight moments of 100 frames of 1280 x 720, or of 700 frames of 480 x 270.
 */
export const MAX_FRAME_PIXELS = 2 ** 29

/** Behind transparent pixels: the one on which more of the first frame can be seen. */
const BACKGROUNDS: readonly [Rgb, Rgb] = [
  [255, 255, 255],
  [0, 0, 0],
]

/** A moving picture whose structure has been read. */
type Animation = {
  readonly width: number
  readonly height: number
  /** How long each frame is shown, in milliseconds. */
  readonly delays: readonly number[]
  /** How many frames are decoded for some of them. @param chosen ascending. */
  readonly cost: (chosen: readonly number[]) => number
  /** The frames at some places, in their order. */
  readonly frames: (chosen: readonly number[]) => AsyncIterable<RgbaImage>
}

const STILL: Frames = { total: 1, files: [] }

/** How much of a file says whether it moves, in bytes. */
const HEAD_BYTES = 2 ** 16
/** What the head of a moving picture has; every GIF may move. */
const MARKS: Readonly<Partial<Record<ImageFormat, string>>> = {
  PNG: 'acTL',
  WebP: 'ANIM',
  AVIF: 'avis',
}

/** Whether a file may move, by its first bytes; nothing is decoded. */
export function mayMove(bytes: Uint8Array): boolean {
  let format: ImageFormat
  try {
    format = sniffFormat(bytes)
  } catch (error) {
    if (error instanceof InputError) {
      return false
    }
    throw error
  }
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEAD_BYTES))
  const mark = MARKS[format]
  return format === 'GIF' || (mark !== undefined && head.includes(mark))
}

/**
 * Chooses frames over the length of a moving picture and decodes them.
 *
 * @param bytes the whole file.
 * @throws {InputError} as `decodeImage` does; `image/large-to-decode` where that is more than
 *   `MAX_FRAME_PIXELS`.
 */
export async function decodeFrames(
  bytes: Uint8Array,
  { most, side }: FramesSpec,
  limits: Partial<ImageLimits> = {},
): Promise<Frames> {
  const options = { ...limits, lenient: true }
  return withPicture(bytes, options, async (picture) => {
    const animation = animationOf(bytes, picture, { ...options, side })
    const total = animation?.delays.length ?? 1
    if (animation === null || total === 1) {
      return STILL
    }
    const chosen = chooseFrames(animation.delays, most)
    if (animation.cost(chosen) * animation.width * animation.height > MAX_FRAME_PIXELS) {
      throw new InputError('image/large-to-decode')
    }
    const frames: RgbaImage[] = []
    for await (const frame of animation.frames(chosen)) {
      frames.push(frame)
    }
    const background = backgroundOf(frames[0]!)
    const opaque = frames.map((frame) => over(frame, background))
    if (opaque.every(({ data }) => isPlain(data, 3))) {
      return STILL // the still may show more: what is only in the colors
    }
    return { total, files: await Promise.all(opaque.map(pngOf)) }
  })
}

function pngOf({ data, width, height }: RgbaImage): Promise<Uint8Array> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 3 })
    .toBuffer()
}

function backgroundOf(frame: RgbaImage): Rgb {
  const [light, dark] = BACKGROUNDS
  const contrast = (background: Rgb) => contrastOf(over(frame, background).data, 3)
  return contrast(light) >= contrast(dark) ? light : dark
}

type Fitting = OpenOptions & { readonly side: number }

/** @returns null of a still. */
function animationOf(bytes: Uint8Array, picture: OpenPicture, fitting: Fitting): Animation | null {
  switch (sniffFormat(bytes)) {
    case 'GIF':
    case 'WebP':
      return pagesOf(picture, fitting)
    case 'PNG': {
      const apng = readApng(bytes)
      return apng && composed(apng, fitting)
    }
    case 'AVIF':
      return sequenceOf(bytes, fitting)
    default:
      return null
  }
}

/** What libvips composes itself. It decodes all frames before one. */
function pagesOf(picture: OpenPicture, { side }: Fitting): Animation {
  const { metadata, frames, delays, gif } = picture
  const { width, height } = gif ?? metadata
  return {
    width,
    height,
    delays: Array.from({ length: frames }, (_, i) => delays[i] ?? 0),
    cost: (chosen) => chosen.reduce((sum, index) => sum + index + 1, 0),
    async *frames(chosen) {
      for (const index of chosen) {
        yield await rgbaPixels(fit(await uprightFrame(picture, index), side))
      }
    },
  }
}

function composed({ width, height, frames }: Apng, { side, ...options }: Fitting): Animation {
  return {
    width,
    height,
    delays: frames.map(({ delay }) => delay),
    cost: (chosen) => (chosen.at(-1) ?? 0) + 1,
    async *frames(chosen) {
      const canvas = new ApngCanvas({ width, height })
      const last = chosen.at(-1) ?? 0
      for (const [index, frame] of frames.slice(0, last + 1).entries()) {
        const pixels = await withPicture(frame.file(), options, (part) => rgbaPixels(part.frame(0)))
        canvas.draw(frame, pixels)
        if (chosen.includes(index)) {
          const { data } = canvas.image
          yield await rgbaPixels(fit(sharp(data, { raw: { width, height, channels: 4 } }), side))
        }
      }
    },
  }
}

function sequenceOf(bytes: Uint8Array, { side, ...options }: Fitting): Animation | null {
  const sequence = readAvifSequence(bytes)
  return (
    sequence && {
      ...sequence,
      cost: (chosen) => chosen.reduce((sum, index) => sum + sequence.decoded(index), 0),
      async *frames(chosen) {
        for (const index of chosen) {
          yield await withPicture(sequence.still(index), options, (still) =>
            rgbaPixels(fit(still.frame(0), side)),
          )
        }
      },
    }
  )
}

function fit(frame: Sharp, side: number): Sharp {
  return frame.resize(side, side, { fit: 'inside', withoutEnlargement: true })
}

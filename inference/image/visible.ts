/**
 * What people see of a picture, where that is not the first picture's colors: what is transparent
 * shows the page behind it, and an animation goes on. Knows nothing about resampling.
 */

import sharp from 'sharp'
import type { Sharp } from 'sharp'
import { decodePixels, type OpenPicture, rgbPixels } from './decode.ts'
import type { Gif, Rgb } from './formats/gif.ts'
import type { RgbImage } from './resize.ts'

/** The frames of an animation that are looked at, until one shows something. */
const FRAMES = [0, 1, 2, 4, 8, 16, 32] as const

/** Standard deviation, of 255, under which a picture shows nothing. */
const MIN_CONTRAST = 3

/** uint8 RGBA, [height, width, 4]; alpha not premultiplied. */
export type RgbaImage = {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** The indices of the frames to look at, in order. @param count of an animation's frames. */
export function framesToTry(count: number): number[] {
  return FRAMES.filter((index) => index < count)
}

/** An upright frame with its alpha, still to be decoded. */
export async function uprightFrame(picture: OpenPicture, index: number): Promise<Sharp> {
  const { metadata, gif } = picture
  if (metadata.space === 'cmyk') {
    return fromPixels(await decodePixels(picture))
  }
  if (metadata.channels > 4) {
    return fromPixels(await rgbPixels(picture.frame(index).removeAlpha()))
  }
  // libvips paints black what a GIF's first frame leaves out, unless something else is transparent.
  return gif && index === 0 && !metadata.hasAlpha && isPart(gif)
    ? onCanvas(picture.frame(0), gif)
    : picture.frame(index).autoOrient()
}

function fromPixels({ data, width, height }: RgbImage): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } })
}

/** Whether the first frame leaves out a part of the canvas. */
function isPart({ frame, width, height }: Gif): boolean {
  return frame.width < width || frame.height < height
}

async function onCanvas(frame: Sharp, gif: Gif): Promise<Sharp> {
  const { left, top, width, height } = gif.frame
  const right = gif.width - left - width
  const bottom = gif.height - top - height
  const drawn = frame.extract({ left, top, width, height }).ensureAlpha()
  const canvas = drawn.extend({ left, top, right, bottom, background: '#0000' })
  const { data, info } = await canvas.raw().toBuffer({ resolveWithObject: true })
  return sharp(data, { raw: { width: info.width, height: info.height, channels: 4 } })
}

/** An upright frame's pixels. @returns uint8 RGBA, [height, width, 4]. */
export async function rgbaPixels(frame: Sharp): Promise<RgbaImage> {
  const rgba = frame.toColorspace('srgb').ensureAlpha().raw({ depth: 'uchar' })
  const { data, info } = await rgba.toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, data }
}

/** A picture over a background. */
export function over({ data, width, height }: RgbaImage, background: Rgb): RgbImage {
  const out = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++) {
    const alpha = data[i * 4 + 3]!
    for (let channel = 0; channel < 3; channel++) {
      const mixed = data[i * 4 + channel]! * alpha + background[channel]! * (255 - alpha)
      out[i * 3 + channel] = Math.round(mixed / 255)
    }
  }
  return { width, height, data: out }
}

/** How much a picture shows: the largest standard deviation of a channel, 0 to 127.5. */
export function contrastOf(data: Uint8Array, channels: number): number {
  const pixels = data.length / channels
  let largest = 0
  for (let channel = 0; channel < channels; channel++) {
    let sum = 0
    let squares = 0
    for (let i = channel; i < data.length; i += channels) {
      sum += data[i]!
      squares += data[i]! * data[i]!
    }
    largest = Math.max(largest, squares / pixels - (sum / pixels) ** 2)
  }
  return Math.sqrt(Math.max(0, largest))
}

/** Whether a picture is of one color, or so nearly that nothing can be seen in it. */
export function isPlain(data: Uint8Array, channels: number): boolean {
  return contrastOf(data, channels) < MIN_CONTRAST
}

/**
 * Decodes a picture file to the RGB pixels that Pillow's `convert('RGB')` gives, within limits.
 *
 * sharp decodes the same pixels as Pillow if no color profile is applied, alpha is dropped and not
 * composited, and the file is decoded at full size (shrinking while loading would change the
 * resampling). Of animated files and files with several pages, the first picture is used.
 * Differences from Pillow:
 * - 16-bit grayscale keeps its upper byte; Pillow clips to 255, which makes nearly every such picture white;
 * - AVIF has another decoder: values differ by at most 1 of 255 in 4:4:4; in 4:2:0 chroma is
 *   upsampled differently, which shows at color edges;
 * - a PNG's orientation counts where EXIF stands before the pixels, as in browsers; Pillow also turns
 *   by EXIF behind them, by XMP and by text;
 * - some files are read that Pillow refuses: floating-point RGB, as linear light; wrong checksums of a
 *   PNG's text; megabytes of text, which is skipped.
 */

import sharp from 'sharp'
import type { Metadata, Sharp } from 'sharp'
import { InputError } from '../../config/errors.ts'
import { asStillAvif } from './formats/avif.ts'
import { type Gif, readGif, withWholeCanvas } from './formats/gif.ts'
import { apngFrame, apngFrames, isApplePng, repackPng } from './formats/png.ts'
import { DEFAULT_LIMITS, type ImageLimits, PATIENCE } from './limits.ts'
import type { RgbImage } from './resize.ts'
import { sniffFormat, type ImageFormat } from './sniff.ts'

/** How much more memory AVIF takes per pixel while it is decoded. */
const AVIF_COST = 3

// A picture is decoded once, so libvips' cache of operations would only use memory.
sharp.cache(false)

/** A file within the limits, whose header has been read. */
export type OpenPicture = {
  readonly metadata: Metadata
  /** Pictures of an animation; 1 for anything else. */
  readonly frames: number
  /** How long each of a GIF or a WebP is shown, in milliseconds; may have fewer. */
  readonly delays: readonly number[]
  /** A picture of it, to be decoded. @param index from 0. */
  frame(index: number): Sharp
  /** The structure of a GIF. */
  readonly gif: Gif | null
}

export type OpenOptions = Partial<ImageLimits> & {
  /** Whether damaged files are read as far as they go, as browsers do. Default false. */
  readonly lenient?: boolean
}

/**
 * Decodes a PNG, JPEG, WebP, AVIF, GIF or TIFF file and applies its EXIF orientation.
 *
 * @param bytes the whole file.
 * @returns uint8 RGB, shape [height, width, 3], 0 to 255.
 * @throws {InputError} `image/…` if the file has another format, is damaged or exceeds a limit.
 */
export function decodeImage(bytes: Uint8Array, options: OpenOptions = {}): Promise<RgbImage> {
  return withPicture(bytes, options, (picture) => decodePixels(picture))
}

/**
 * Checks a file against the limits, then calls `take` with the opened picture.
 *
 * @throws {InputError} as `decodeImage` does.
 */
export async function withPicture<T>(
  bytes: Uint8Array,
  options: OpenOptions,
  take: (picture: OpenPicture) => Promise<T>,
): Promise<T> {
  const limits = { ...DEFAULT_LIMITS, ...options }
  const format = sniffFormat(bytes)
  if (bytes.length > limits.maxBytes) {
    const sizes = { bytes: bytes.length, maxBytes: limits.maxBytes }
    throw new InputError('image/too-many-bytes', sizes)
  }
  const maxPixels = format === 'AVIF' ? limits.maxPixels / AVIF_COST : limits.maxPixels
  try {
    return await take(await openPicture(bytes, format, { ...limits, maxPixels }))
  } catch (cause) {
    throw cause instanceof InputError ? cause : whyBroken(cause, format, bytes)
  }
}

type Limits = ImageLimits & { readonly lenient?: boolean }

async function openPicture(
  bytes: Uint8Array,
  format: ImageFormat,
  limits: Limits,
): Promise<OpenPicture> {
  const gif = format === 'GIF' ? readGif(bytes) : null
  let first = 0 // page of the first frame
  let file = readable(bytes, format)
  let metadata = await read(file, limits).metadata()
  const { width, height, pages = 1, delay: delays = [] } = metadata
  if (gif && (gif.width > width || gif.height > height)) {
    checkSize(gif, limits.maxPixels)
    file = withWholeCanvas(bytes, gif)
    first = 1
    metadata = await read(file, limits).metadata()
  }
  checkSize(metadata, limits.maxPixels)
  const animated = format === 'GIF' || format === 'WebP'
  const apng = format === 'PNG' ? apngFrames(bytes) : 0
  return {
    metadata,
    frames: animated ? pages : 1 + apng,
    delays,
    frame: (index) =>
      apng > 0 && index > 0
        ? read(apngFrame(bytes, index - 1), limits)
        : read(file, limits, first + index),
    gif,
  }
}

/** The same picture in a form that sharp reads. */
function readable(bytes: Uint8Array, format: ImageFormat): Uint8Array {
  switch (format) {
    case 'PNG':
      return repackPng(bytes)
    case 'AVIF':
      return asStillAvif(bytes)
    default:
      return bytes
  }
}

function read(bytes: Uint8Array, { maxSeconds, lenient = false }: Limits, page = 0): Sharp {
  return sharp(bytes, {
    failOn: lenient ? 'none' : 'error', // truncated files fail, harmless warnings do not, as in Pillow
    ignoreIcc: true,
    page,
    pages: 1,
    sequentialRead: true,
    limitInputPixels: false, // checked from the header, so that the error has the size
    unlimited: false,
  }).timeout({ seconds: Math.ceil(maxSeconds * PATIENCE) })
}

/** Checks the size that the file's header states. */
function checkSize({ width, height }: Pick<Metadata, 'width' | 'height'>, maxPixels: number) {
  if (width * height > maxPixels) {
    throw new InputError('image/too-many-pixels', { width, height, maxPixels })
  }
}

/** What libvips says of whole files that it cannot read. */
const UNKNOWN_ENCODING =
  /not configured|Unsupported (marker|JPEG|feature)|bad labq|samples out of range/

/** The error for a file that sharp cannot decode. */
function whyBroken(cause: unknown, format: ImageFormat, bytes: Uint8Array): InputError {
  const message = cause instanceof Error ? cause.message : ''
  if (/timeout/i.test(message)) {
    return new InputError('image/slow-to-decode', null, { cause })
  }
  const unknown = UNKNOWN_ENCODING.test(message) || (format === 'PNG' && isApplePng(bytes))
  return unknown
    ? new InputError('image/unknown-encoding', { format }, { cause })
    : new InputError('image/damaged', { format }, { cause })
}

/**
 * The pixels of an opened file's first picture, without its alpha.
 *
 * @returns uint8 RGB, shape [height, width, 3], 0 to 255.
 */
export async function decodePixels(picture: OpenPicture): Promise<RgbImage> {
  const { metadata, gif } = picture
  if (metadata.space === 'cmyk') {
    return cmykPixels(picture)
  }
  if (gif) {
    return gifPixels(picture, gif)
  }
  return rgbPixels(picture.frame(0).removeAlpha())
}

/** @returns uint8 RGB, shape [height, width, 3], upright. */
export async function rgbPixels(opaque: Sharp): Promise<RgbImage> {
  const rgb = opaque.autoOrient().toColorspace('srgb')
  const { data, info } = await rgb.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  if (channels !== 3 || data.length !== width * height * 3) {
    throw new RangeError(`expected 3 channels, got ${channels}`)
  }
  return { width, height, data }
}

/** By default sharp converts CMYK with a printing profile; Pillow uses arithmetic on upper bytes. */
async function cmykPixels(picture: OpenPicture): Promise<RgbImage> {
  const { metadata } = picture
  const cmyk = picture.frame(0).pipelineColorspace('cmyk').toColorspace('cmyk').autoOrient()
  const depth = metadata.depth === 'ushort' ? 'ushort' : 'uchar'
  const { data, info } = await cmyk.raw({ depth }).toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  return { width, height, data: cmykToRgb(depth === 'ushort' ? upperBytes(data) : data, channels) }
}

/** @param samples uint16, in the machine's order. */
function upperBytes(samples: Buffer): Uint8Array {
  const words = new Uint16Array(samples.buffer, samples.byteOffset, samples.length / 2)
  return Uint8Array.from(words, (word) => word >> 8)
}

/** A GIF's first frame, with Pillow's color where it draws nothing. */
async function gifPixels(picture: OpenPicture, gif: Gif): Promise<RgbImage> {
  const rgba = picture.frame(0).toColorspace('srgb').ensureAlpha().raw({ depth: 'uchar' })
  const { data, info } = await rgba.toBuffer({ resolveWithObject: true })
  const { width, height } = info
  const { left, top, width: drawnWidth, height: drawnHeight } = gif.frame
  const out = new Uint8Array(width * height * 3)
  for (let y = 0, i = 0; y < height; y++) {
    const rowIsDrawn = y >= top && y < top + drawnHeight
    for (let x = 0; x < width; x++, i++) {
      const drawn = rowIsDrawn && x >= left && x < left + drawnWidth && data[i * 4 + 3]! > 0
      for (let channel = 0; channel < 3; channel++) {
        out[i * 3 + channel] = drawn ? data[i * 4 + channel]! : gif.background[channel]!
      }
    }
  }
  return { width, height, data: out }
}

/**
 * Source: Pillow 12.3, src/libImaging/Convert.c, `cmyk2rgb`; `MULDIV255` rounds (a * b) / 255.
 *
 * @param cmyk uint8 [pixels, channels], the first four channels CMYK.
 * @returns uint8 [pixels, 3].
 */
function cmykToRgb(cmyk: Uint8Array, channels: number): Uint8Array {
  const pixels = cmyk.length / channels
  const rgb = new Uint8Array(pixels * 3)
  for (let i = 0; i < pixels; i++) {
    const white = 255 - cmyk[i * channels + 3]!
    for (let channel = 0; channel < 3; channel++) {
      const product = cmyk[i * channels + channel]! * white + 128
      rgb[i * 3 + channel] = Math.max(0, white - (((product >> 8) + product) >> 8))
    }
  }
  return rgb
}

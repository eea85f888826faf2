/**
 * Decodes a picture file to the RGB pixels that Pillow's `convert('RGB')` gives, within limits.
 *
 * sharp decodes the same pixels as Pillow if no color profile is applied, alpha is dropped and not
 * composited, and the file is decoded at full size (shrinking while loading would change the
 * resampling). Of animated files and files with several pages, the first picture is used.
 * Differences from Pillow:
 * - 16-bit grayscale keeps its upper byte; Pillow clips to 255, which makes nearly every such picture white;
 * - fully transparent pixels of a GIF are black, where Pillow shows the palette's unused color;
 * - AVIF has another decoder: values differ by at most 1 of 255 in 4:4:4; in 4:2:0 chroma is
 *   upsampled differently, which shows at color edges.
 */

import sharp from 'sharp'
import type { Metadata, Sharp } from 'sharp'
import { InputError } from '../../config/errors.ts'
import type { RgbImage } from './resize.ts'
import { sniffFormat, type ImageFormat } from './sniff.ts'

/** Upper limits for one picture. */
export type ImageLimits = {
  /** Size of the file, in bytes. */
  readonly maxBytes: number
  /**
   * Width times height; for AVIF a third of this. A pixel takes 3 bytes, and up to 6 more while a
   * progressive JPEG or a rotated picture is decoded: 170 to 470 MB at the default limit.
   */
  readonly maxPixels: number
  /** Time to decode, in seconds. */
  readonly maxSeconds: number
}

const MIB = 2 ** 20

/** Just enough for the pictures of a 50-megapixel phone (8160 x 6144). */
export const DEFAULT_LIMITS: ImageLimits = {
  maxBytes: 32 * MIB,
  maxPixels: 50 * 2 ** 20,
  maxSeconds: 20,
}

/** How much more memory AVIF takes per pixel while it is decoded. */
const AVIF_COST = 3

// A picture is decoded once, so libvips' cache of operations would only use memory.
sharp.cache(false)

/**
 * Decodes a PNG, JPEG, WebP, AVIF, GIF or TIFF file and applies its EXIF orientation.
 *
 * @param bytes the whole file.
 * @returns uint8 RGB, shape [height, width, 3], 0 to 255.
 * @throws {InputError} `image/…` if the file has another format, is damaged or exceeds a limit.
 */
export function decodeImage(
  bytes: Uint8Array,
  limit: Partial<ImageLimits> = {},
): Promise<RgbImage> {
  return decodeWith(bytes, limit, decodePixels)
}

/**
 * Checks a file against the limits, then calls `take` with the opened picture.
 *
 * @throws {InputError} as `decodeImage` does.
 */
export async function decodeWith<T>(
  bytes: Uint8Array,
  limit: Partial<ImageLimits>,
  take: (picture: Sharp, metadata: Metadata) => Promise<T>,
): Promise<T> {
  const limits = { ...DEFAULT_LIMITS, ...limit }
  const format = sniffFormat(bytes)
  if (bytes.length > limits.maxBytes) {
    const sizes = { bytes: bytes.length, maxBytes: limits.maxBytes }
    throw new InputError('image/too-many-bytes', sizes)
  }
  const broken = (cause: unknown) => whyBroken(cause, format)
  const metadata = await open(bytes, limits)
    .metadata()
    .catch((cause: unknown) => {
      throw broken(cause)
    })
  checkSize(metadata, format === 'AVIF' ? limits.maxPixels / AVIF_COST : limits.maxPixels)
  try {
    return await take(open(bytes, limits), metadata)
  } catch (cause) {
    throw broken(cause)
  }
}

/** The error for a file that sharp cannot decode. */
function whyBroken(cause: unknown, format: ImageFormat): InputError {
  const message = cause instanceof Error ? cause.message : ''
  if (/timeout/i.test(message)) {
    return new InputError('image/slow-to-decode', null, { cause })
  }
  return /not configured/.test(message)
    ? new InputError('image/unknown-compression', { format }, { cause })
    : new InputError('image/damaged', { format }, { cause })
}

function open(bytes: Uint8Array, limits: ImageLimits): Sharp {
  return sharp(bytes, {
    failOn: 'error', // truncated files fail, harmless warnings do not, as in Pillow
    ignoreIcc: true,
    page: 0,
    pages: 1,
    sequentialRead: true,
    limitInputPixels: false, // checked from the header, so that the error has the size
    unlimited: false,
  }).timeout({ seconds: limits.maxSeconds })
}

/** Checks the size that the file's header states. */
function checkSize({ width, height }: Metadata, maxPixels: number) {
  if (width * height > maxPixels) {
    throw new InputError('image/too-many-pixels', { width, height, maxPixels })
  }
}

/** The pixels of an opened file. @returns uint8 RGB, shape [height, width, 3], 0 to 255. */
export async function decodePixels(picture: Sharp, metadata: Metadata): Promise<RgbImage> {
  if (metadata.space === 'cmyk') {
    // By default sharp converts CMYK with a printing profile; Pillow uses arithmetic.
    const cmyk = picture.pipelineColorspace('cmyk').toColorspace('cmyk')
    const { data, info } = await cmyk.autoOrient().raw().toBuffer({ resolveWithObject: true })
    return { width: info.width, height: info.height, data: cmykToRgb(data, info.channels) }
  }
  const rgb = picture.autoOrient().removeAlpha().toColorspace('srgb')
  const { data, info } = await rgb.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  if (channels !== 3 || data.length !== width * height * 3) {
    throw new RangeError(`expected 3 channels, got ${channels} (${metadata.space})`)
  }
  return { width, height, data }
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

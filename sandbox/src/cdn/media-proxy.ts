/**
 * The media proxy: a picture in another size or format, by `width`, `height`, `format`, `quality`.
 *
 * Discord does not document it; these are the parameters in the links of its own clients.
 */

import type { StoredFile } from './files.ts'

const FORMATS = ['png', 'jpeg', 'webp', 'avif', 'gif'] as const
const MAX_SIDE = 4096
const DEFAULT_QUALITY = 80

/** A rendered picture. */
export type Rendition = { readonly bytes: Uint8Array; readonly contentType: string }

/** The requested size and format. Sides in pixels. */
type Transform = {
  readonly width: number | undefined
  readonly height: number | undefined
  readonly format: (typeof FORMATS)[number] | undefined
  readonly quality: number | 'lossless'
}

/**
 * The file as the query asks for it; never larger than it is.
 *
 * @returns null for anything but a picture, or for invalid parameters (415).
 */
export async function renderMedia(
  file: StoredFile,
  query: URLSearchParams,
): Promise<Rendition | null> {
  if (file.width === undefined || file.contentType === undefined) {
    // The proxy serves videos and audio unchanged, and refuses other files.
    if (!/^(video|audio)\//.test(file.contentType ?? '')) {
      return null
    }
    return { bytes: file.bytes, contentType: file.contentType! }
  }
  const transform = readTransform(query)
  if (!transform) {
    return null
  }
  const { width, height, format, quality } = transform
  if (width === undefined && height === undefined && format === undefined) {
    return { bytes: file.bytes, contentType: file.contentType }
  }
  const { default: sharp } = await import('sharp')
  const animated = format === undefined || format === 'webp' || format === 'gif'
  let picture = sharp(file.bytes, { animated }).autoOrient()
  if (width !== undefined || height !== undefined) {
    picture = picture.resize({
      ...(width === undefined ? {} : { width }),
      ...(height === undefined ? {} : { height }),
      fit: 'inside',
      withoutEnlargement: true,
    })
  }
  if (format !== undefined) {
    const lossless = quality === 'lossless'
    const options =
      lossless && format === 'webp' ? { lossless } : { quality: lossless ? 100 : quality }
    picture = picture.toFormat(format, format === 'png' || format === 'gif' ? {} : options)
  }
  const { data, info } = await picture.toBuffer({ resolveWithObject: true })
  const type = info.format === 'heif' ? 'avif' : info.format
  return { bytes: data, contentType: `image/${type}` }
}

function readTransform(query: URLSearchParams): Transform | null {
  const width = readSide(query.get('width'))
  const height = readSide(query.get('height'))
  const name = query.get('format')
  const format = FORMATS.find((f) => f === (name === 'jpg' ? 'jpeg' : name))
  const quality = readQuality(query.get('quality'))
  if (width === null || height === null || quality === null) {
    return null
  }
  if (name !== null && format === undefined) {
    return null
  }
  return { width, height, format, quality }
}

function readSide(text: string | null): number | undefined | null {
  if (text === null) {
    return undefined
  }
  const side = Number(text)
  return Number.isInteger(side) && side >= 1 && side <= MAX_SIDE ? side : null
}

function readQuality(text: string | null): number | 'lossless' | null {
  if (text === null) {
    return DEFAULT_QUALITY
  }
  if (text === 'lossless') {
    return text
  }
  const quality = Number(text)
  return Number.isInteger(quality) && quality >= 1 && quality <= 100 ? quality : null
}

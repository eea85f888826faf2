/**
 * Detects a picture's format from its first bytes, and names common formats that are not supported.
 *
 * Only the six formats below reach a decoder: parsers of SVG, PDF and the like are large, and may
 * read files and follow links. A file's name and stated type are ignored, since anyone can set them.
 */

// oxlint-disable no-control-regex -- signatures are made of control characters

import { InputError } from '../../config/errors.ts'

export type ImageFormat = 'PNG' | 'JPEG' | 'WebP' | 'AVIF' | 'GIF' | 'TIFF'

/** Formats that are refused by name. */
export type UnsupportedFormat =
  | 'svg'
  | 'web-page'
  | 'pdf'
  | 'heic'
  | 'video'
  | 'bmp'
  | 'photoshop'
  | 'jpeg-2000'
  | 'jpeg-xl'
  | 'icon'
  | 'archive'

/** How much of a file is examined, in bytes. */
const HEAD_BYTES = 1024

const SIGNATURES: readonly (readonly [format: ImageFormat, pattern: RegExp])[] = [
  ['PNG', /^\x89PNG\r\n\x1a\n/],
  ['JPEG', /^\xff\xd8\xff/],
  ['GIF', /^GIF8[79]a/],
  ['WebP', /^RIFF[^]{4}WEBP/],
  ['TIFF', /^(II[*+]\0|MM\0[*+])/],
]

/** The first element of a drawing or of a page, which may have a drawing in it. */
const MARKUP = /<(svg|!doctype html|html)[\s>]/i

/** Patterns of refused formats, for the file's first bytes as Latin-1; the first match wins. */
const REFUSED: readonly (readonly [format: UnsupportedFormat, pattern: RegExp])[] = [
  ['pdf', /^[^]{0,1000}%PDF-/],
  ['heic', /^[^]{4}ftyp(hei|hev|mif1|msf1)/],
  ['video', /^[^]{4}ftyp|^\x1aE\xdf\xa3|^RIFF[^]{4}AVI /],
  ['bmp', /^BM[^]{4}\0\0\0\0/],
  ['photoshop', /^8BPS/],
  ['jpeg-2000', /^(\0\0\0\x0cjP {2}|\xffO\xffQ)/],
  ['jpeg-xl', /^(\xff\n|\0\0\0\x0cJXL )/],
  ['icon', /^\0\0[\x01\x02]\0(?!\0\0)/], // and how many; TGA pictures begin alike, with zeros there
  ['archive', /^(PK\x03\x04|\x1f\x8b|Rar!|7z\xbc\xaf)/],
]

/**
 * The format of a picture file.
 *
 * @throws {InputError} if the file is empty or not of a supported format.
 */
export function sniffFormat(bytes: Uint8Array): ImageFormat {
  if (bytes.length === 0) {
    throw new InputError('image/empty')
  }
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEAD_BYTES))
  const text = head.toString('latin1')
  const signature = SIGNATURES.find(([, pattern]) => pattern.test(text))
  if (signature !== undefined) {
    return signature[0]
  }
  if (isAvif(head)) {
    return 'AVIF'
  }
  const root = MARKUP.exec(text)?.[1]?.toLowerCase()
  if (root !== undefined) {
    const format = root === 'svg' ? 'svg' : 'web-page'
    throw new InputError('image/unsupported-format', { format })
  }
  const refused = REFUSED.find(([, pattern]) => pattern.test(text))
  if (refused !== undefined) {
    throw new InputError('image/unsupported-format', { format: refused[0] })
  }
  throw new InputError('image/unknown-format')
}

/** An ISO media file whose `ftyp` box names an AVIF brand, as the major or a compatible one. */
function isAvif(head: Buffer): boolean {
  if (head.length < 16 || head.toString('latin1', 4, 8) !== 'ftyp') {
    return false
  }
  const end = Math.min(head.readUInt32BE(0), head.length)
  for (let at = 8; at + 4 <= end; at += 4) {
    const brand = head.toString('latin1', at, at + 4)
    if (at !== 12 && (brand === 'avif' || brand === 'avis')) {
      return true // bytes 12 to 15 are the minor version
    }
  }
  return false
}

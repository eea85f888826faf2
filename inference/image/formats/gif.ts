/**
 * What libvips leaves out of a GIF file: the canvas, where it takes the file's size for a mistake (640
 * x 480 and other sizes of screens, or a side over 2048), and the color of what the first frame does
 * not draw. Format: https://www.w3.org/Graphics/GIF/spec-gif89a.txt. Colors: Pillow 12.3,
 * GifImagePlugin.py, `load_prepare`.
 */

const HEADER = 13
const EXTENSION = 0x21
const GRAPHIC_CONTROL = 0xf9
const IMAGE = 0x2c

export type Rgb = readonly [red: number, green: number, blue: number]

export type Gif = {
  /** The canvas, and beyond it what the first frame draws. In pixels. */
  readonly width: number
  readonly height: number
  /** The part of the canvas that the first frame draws, in pixels. */
  readonly frame: {
    readonly left: number
    readonly top: number
    readonly width: number
    readonly height: number
  }
  /** What Pillow shows where the first frame draws nothing. */
  readonly background: Rgb
  /** Where the first block is: behind the header and its color table, in bytes. */
  readonly start: number
}

/** Reads the structure of a file. @returns null if it has no frame. */
export function readGif(bytes: Uint8Array): Gif | null {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (file.length < HEADER) {
    return null
  }
  const globalColors = tableAt(file, HEADER, file[10]!)
  const start = HEADER + globalColors.length
  let transparent: number | null = null
  let at = start
  while (file[at] === EXTENSION && at + 6 < file.length) {
    if (file[at + 1] === GRAPHIC_CONTROL) {
      transparent = (file[at + 3]! & 1) === 1 ? file[at + 6]! : null
    }
    at = skipBlocks(file, at + 2)
  }
  if (file[at] !== IMAGE || at + 10 > file.length) {
    return null
  }
  const localColors = tableAt(file, at + 10, file[at + 9]!)
  const colors = localColors.length > 0 ? localColors : globalColors
  return { ...firstFrame(file, at), background: colorAt(colors, transparent ?? 0), start }
}

/**
 * The file with one more frame before the first, of one transparent pixel in the last corner: libvips
 * makes the canvas large enough for the first frame, whatever it thinks of the file's size.
 */
export function withWholeCanvas(bytes: Uint8Array, { width, height, start }: Gif): Uint8Array {
  const control = Buffer.from([EXTENSION, GRAPHIC_CONTROL, 4, 1, 0, 0, 0, 0])
  const image = Buffer.alloc(10)
  image[0] = IMAGE
  image.writeUInt16LE(width - 1, 1)
  image.writeUInt16LE(height - 1, 3)
  image.writeUInt16LE(1, 5)
  image.writeUInt16LE(1, 7)
  image[9] = 0x80 // a color table of two
  // LZW with codes of three bits: clear, color 0, end.
  const data = Buffer.from([0, 0, 0, 255, 255, 255, 2, 2, 0x44, 0x01, 0])
  return Buffer.concat([bytes.subarray(0, start), control, image, data, bytes.subarray(start)])
}

function firstFrame(file: Buffer, at: number): Omit<Gif, 'start' | 'background'> {
  const frame = {
    left: file.readUInt16LE(at + 1),
    top: file.readUInt16LE(at + 3),
    width: file.readUInt16LE(at + 5),
    height: file.readUInt16LE(at + 7),
  }
  return {
    width: Math.max(file.readUInt16LE(6), frame.left + frame.width),
    height: Math.max(file.readUInt16LE(8), frame.top + frame.height),
    frame,
  }
}

/** A color table, which may be absent. @param flags of the header or of the image. */
function tableAt(file: Buffer, at: number, flags: number): Buffer {
  return file.subarray(at, (flags & 0x80) === 0 ? at : at + 3 * 2 ** ((flags & 7) + 1))
}

/** A color of a table; without one, colors are shades of gray. */
function colorAt(table: Buffer, index: number): Rgb {
  if (table.length === 0) {
    return [index, index, index]
  }
  const at = index * 3
  return [table[at] ?? 0, table[at + 1] ?? 0, table[at + 2] ?? 0]
}

/** The end of data that comes in blocks of up to 255 bytes. */
function skipBlocks(file: Buffer, start: number): number {
  let at = start
  while (at < file.length && file[at] !== 0) {
    at += file[at]! + 1
  }
  return at + 1
}

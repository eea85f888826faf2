/** Small files that are costly to decode, within all limits. */

import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { chunk } from '../../test/helpers/layers.ts'

/** Sides of the largest picture that is allowed, in pixels. */
const LARGE = { width: 8160, height: 6144 }
const GRAY = 0
const RGBA = 6

/** By what they are. */
export async function hostileFiles(): Promise<ReadonlyMap<string, Uint8Array>> {
  const { width, height } = LARGE
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const
  const jpeg = sharp({ create: { ...LARGE, channels: 3, background: '#888', noise } })
  const text = Buffer.concat([Buffer.from('Comment\0\0'), deflateSync(Buffer.alloc(50e6))])
  return new Map([
    ['1 x 1,000,000, 1 kB', strip(1e6)],
    ['1 x 10,000,000, 10 kB', strip(10e6)],
    ['50 million pixels, 16-bit', png(width, height, { color: RGBA, bits: 16, bytes: 8 })],
    [
      '50 million pixels, progressive',
      await jpeg.jpeg({ progressive: true, quality: 30 }).toBuffer(),
    ],
    ['50 MB of text', png(64, 64, { color: GRAY, bits: 8, bytes: 1 }, chunk('zTXt', text))],
  ])
}

type Samples = { readonly color: number; readonly bits: number; readonly bytes: number }

/** A PNG whose rows are all alike. @param bytes of a pixel. @param more chunks behind the header. */
function png(
  width: number,
  height: number,
  samples: Samples,
  more: Buffer = Buffer.alloc(0),
): Buffer {
  const { color, bits, bytes } = samples
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = bits
  header[9] = color
  const row = Buffer.alloc(1 + width * bytes, 0x85)
  row[0] = 0 // no filter
  const rows = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)), { level: 9 })
  const parts = [chunk('IHDR', header), more, chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...parts])
}

/** A gray TIFF, one pixel wide, in one strip of deflated zeros. */
function strip(height: number): Buffer {
  const data = deflateSync(Buffer.alloc(height, 0x80), { level: 9 })
  const entries: readonly (readonly [tag: number, type: number, value: number])[] = [
    [256, 4, 1],
    [257, 4, height],
    [258, 3, 8],
    [259, 3, 8],
    [262, 3, 1],
    [273, 4, 8 + 2 + 9 * 12 + 4],
    [277, 3, 1],
    [278, 4, height],
    [279, 4, data.length],
  ]
  const directory = Buffer.alloc(8 + 2 + entries.length * 12 + 4)
  directory.write('II*\0', 'latin1')
  directory.writeUInt32LE(8, 4)
  directory.writeUInt16LE(entries.length, 8)
  for (const [i, [tag, type, value]] of entries.entries()) {
    const at = 10 + i * 12
    directory.writeUInt16LE(tag, at)
    directory.writeUInt16LE(type, at + 2)
    directory.writeUInt32LE(1, at + 4)
    directory.writeUInt32LE(value, at + 8)
  }
  return Buffer.concat([directory, data])
}

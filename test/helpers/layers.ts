/** Pictures with transparency and several frames, drawn by sharp. */

import { crc32 } from 'node:zlib'
import sharp from 'sharp'
import type { Sharp } from 'sharp'

/** A square of one color in the middle of a picture, and another color hidden around it. */
export async function transparent(color: string, hidden: string): Promise<Buffer> {
  const side = 48
  const middle = await flat(color, side / 2)
    .png()
    .toBuffer()
  const { data } = await flat(hidden, side)
    .composite([{ input: middle }])
    .raw()
    .toBuffer({ resolveWithObject: true })
  for (let i = 0; i < side * side; i++) {
    const across = Math.abs((i % side) - side / 2 + 0.5)
    const down = Math.abs(Math.floor(i / side) - side / 2 + 0.5)
    data[i * 4 + 3] = Math.max(across, down) < side / 4 ? 255 : 0
  }
  return sharp(data, { raw: { width: side, height: side, channels: 4 } })
    .png()
    .toBuffer()
}

function flat(background: string, side: number): Sharp {
  return sharp({ create: { width: side, height: side, channels: 4, background } })
}

/** An animation of pictures of one size. */
export function animation(kind: 'gif' | 'webp', frames: readonly Uint8Array[]): Promise<Buffer> {
  const joined = sharp(
    frames.map((frame) => Buffer.from(frame)),
    { join: { animated: true } },
  )
  return (kind === 'gif' ? joined.gif() : joined.webp({ lossless: true })).toBuffer()
}

/** An animated PNG. @param frames PNG files of the size of the default picture. */
export async function apng(first: Uint8Array, frames: readonly Uint8Array[]): Promise<Buffer> {
  const parts = chunks(await rgbPng(first))
  const header = parts.find(({ kind }) => kind === 'IHDR')!.data
  const out: Buffer[] = []
  let sequence = 0
  for (const { kind, data } of parts) {
    if (kind === 'IEND') {
      for (const frame of frames) {
        const control = Buffer.alloc(26)
        control.writeUInt32BE(sequence++)
        header.copy(control, 4, 0, 8)
        out.push(chunk('fcTL', control))
        for (const part of chunks(await rgbPng(frame))) {
          if (part.kind === 'IDAT') {
            const number = Buffer.alloc(4)
            number.writeUInt32BE(sequence++)
            out.push(chunk('fdAT', Buffer.concat([number, part.data])))
          }
        }
      }
    }
    out.push(chunk(kind, data))
  }
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...out])
}

/** All of one color type, since an animation has one header. */
function rgbPng(file: Uint8Array): Promise<Buffer> {
  return sharp(file).removeAlpha().png({ palette: false }).toBuffer()
}

function chunks(file: Buffer): { readonly kind: string; readonly data: Buffer }[] {
  const found = []
  for (let at = 8; at < file.length;) {
    const length = file.readUInt32BE(at)
    const kind = file.toString('latin1', at + 4, at + 8)
    found.push({ kind, data: file.subarray(at + 8, at + 8 + length) })
    at += length + 12
  }
  return found
}

/** A PNG chunk with its checksum. */
export function chunk(kind: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data])
  const out = Buffer.alloc(body.length + 8)
  out.writeUInt32BE(data.length, 0)
  body.copy(out, 4)
  out.writeUInt32BE(crc32(body), body.length + 4)
  return out
}

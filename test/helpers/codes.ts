/** Pictures of QR codes and bar codes, drawn by the package that reads them. */

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { prepareZXingModule, type WriterOptions, writeBarcode } from 'zxing-wasm/writer'

const WASM_FILE = fileURLToPath(import.meta.resolve('zxing-wasm/writer/zxing_writer.wasm'))

/** A code on white with the margin that it needs. @returns a PNG file, 240 pixels wide. */
export async function drawCode(
  text: string,
  format: NonNullable<WriterOptions['format']> = 'QRCode',
): Promise<Buffer> {
  prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(readFileSync(WASM_FILE)).buffer } })
  const { image, error } = await writeBarcode(text, { format, scale: 4, addQuietZones: true })
  if (image === null) {
    throw new Error(error)
  }
  const file = Buffer.from(await image.arrayBuffer())
  return sharp(file).resize(240, null, { kernel: 'nearest' }).png().toBuffer()
}

/** Codes beside each other, below a line of text. @returns a PNG file. */
export async function pictureWithCodes(
  codes: readonly Buffer[],
  { title, turned = 0 }: { readonly title: string; readonly turned?: number },
): Promise<Buffer> {
  const width = Math.max(700, 60 + 300 * codes.length)
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="440"><rect width="100%" height="100%" fill="#dde"/><text x="40" y="70" font-family="DejaVu Sans" font-size="32">${title}</text></svg>`
  const picture = sharp(Buffer.from(svg)).composite(
    codes.map((input, i) => ({ input, left: 60 + 300 * i, top: 130 })),
  )
  return sharp(await picture.png().toBuffer())
    .rotate(turned)
    .png()
    .toBuffer()
}

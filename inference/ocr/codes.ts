/**
 * Reads QR codes and bar codes, with ZXing-C++ as WebAssembly (zxing-wasm). It runs where pictures are
 * decoded (inference/image/decoding/): a search blocks its thread, and pixels come from strangers.
 */

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  prepareZXingModule,
  purgeZXingModule,
  readBarcodes,
  type ReaderOptions,
  type ReadResult,
} from 'zxing-wasm/reader'
import type { RgbImage } from '../image/resize.ts'
import type { Quad } from './geometry.ts'
import { resizeBilinear } from './sampling.ts'

/** What stands in a QR code or a bar code. */
export type PictureCode = {
  /** `QRCode`, `EAN13` and so on: the names of zxing-wasm. */
  readonly format: string
  /** As it is encoded, such as a link. Anybody may have written it: it is never opened. */
  readonly text: string
  /** In pixels of the picture. */
  readonly corners: Quad
}

/**
 * A larger picture is made smaller. A picture that is full of what codes begin with takes 20 seconds of
 * processor time at 8 million pixels, and 2 at this size.
 */
const MAX_PIXELS = 2 * 2 ** 20

/** Codes of one picture. */
export const MAX_CODES = 10

/** Other kinds of bar codes have no checksum, so that stripes of any kind pass for them. */
const OPTIONS: ReaderOptions = {
  formats: [
    'QRCode',
    'MicroQRCode',
    'Aztec',
    'DataMatrix',
    'PDF417',
    'EAN13',
    'EAN8',
    'UPCA',
    'UPCE',
    'Code128',
  ],
  maxNumberOfSymbols: MAX_CODES,
  textMode: 'Plain',
}

/** Without its file, zxing-wasm downloads it. */
const WASM_FILE = fileURLToPath(import.meta.resolve('zxing-wasm/reader/zxing_reader.wasm'))

/**
 * Reads the codes in a picture; blocks the thread while it searches.
 *
 * @param image uint8 RGB, [height, width, 3].
 * @returns at most MAX_CODES; none where the search fails, which must not keep the words unread.
 */
export async function readCodes(image: RgbImage): Promise<PictureCode[]> {
  const scale = Math.min(1, Math.sqrt(MAX_PIXELS / (image.width * image.height)))
  const width = Math.max(1, Math.round(image.width * scale))
  const height = Math.max(1, Math.round(image.height * scale))
  const searched = scale < 1 ? resizeBilinear(image, width, height) : image
  const results = await search(searched)
  return results
    .filter(({ text }) => text !== '')
    .map(({ format, text, position }) => ({
      format,
      text: text.toWellFormed(),
      corners: cornersOf(position, { x: image.width / width, y: image.height / height }),
    }))
}

async function search({ width, height, data }: RgbImage): Promise<readonly ReadResult[]> {
  loadOnce()
  const rgba = new Uint8ClampedArray(4 * width * height).fill(255)
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    rgba[to] = data[from]!
    rgba[to + 1] = data[from + 1]!
    rgba[to + 2] = data[from + 2]!
  }
  try {
    return await readBarcodes({ width, height, data: rgba, colorSpace: 'srgb' }, OPTIONS)
  } catch (error) {
    if (!(error instanceof Error && error.name === 'RuntimeError')) {
      throw error
    }
    purgeZXingModule() // WebAssembly has trapped: its memory is in an unknown state
    isLoaded = false
    return []
  }
}

let isLoaded = false

function loadOnce(): void {
  if (!isLoaded) {
    prepareZXingModule({
      overrides: { wasmBinary: new Uint8Array(readFileSync(WASM_FILE)).buffer },
    })
    isLoaded = true
  }
}

function cornersOf(
  { topLeft, topRight, bottomRight, bottomLeft }: ReadResult['position'],
  scale: { readonly x: number; readonly y: number },
): Quad {
  const at = ({ x, y }: ReadResult['position']['topLeft']) => ({
    x: Math.round(x * scale.x),
    y: Math.round(y * scale.y),
  })
  return [at(topLeft), at(topRight), at(bottomRight), at(bottomLeft)]
}

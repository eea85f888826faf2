/** Finds where text is: the detection network on a picture, in tiles if it is tall. */

import { type InferenceSession, Tensor } from 'onnxruntime-node'
import type { RgbImage } from '../image/resize.ts'
import { floats } from '../runtime/floats.ts'
import { boxesOf, type TextBox } from './boxes.ts'
import { boundsOf } from './geometry.ts'
import type { ReaderCard } from './reader-card.ts'
import { resizeBilinear } from './sampling.ts'

/** The network takes sides that are multiples of this. */
const STRIDE = 32
/** Taller pictures are looked at in tiles of this height; pixels of the detector's picture. */
const TILE = 1600
const TALL = 2000
/** Shared by two tiles; a line is less than half as high. */
const OVERLAP = 256

/** A part of a picture, in rows. */
export type Tile = {
  readonly top: number
  readonly bottom: number
  /** Boxes whose centers are in these rows are this tile's. */
  readonly from: number
  readonly to: number
}

/** The tiles of a picture. @param height in pixels. */
export function tilesOf(height: number): Tile[] {
  if (height <= TALL) {
    return [{ top: 0, bottom: height, from: 0, to: height }]
  }
  const count = Math.ceil((height - OVERLAP) / (TILE - OVERLAP))
  const step = (height - OVERLAP) / count
  return Array.from({ length: count }, (_, i) => {
    const top = Math.round(i * step)
    const bottom = Math.min(height, Math.round(i * step + step + OVERLAP))
    return {
      top,
      bottom,
      from: i === 0 ? 0 : top + OVERLAP / 2,
      to: i === count - 1 ? height : bottom - OVERLAP / 2,
    }
  })
}

/** The text boxes of one tile, in pixels of the whole picture. One run of the network. */
export async function detectTile(
  session: InferenceSession,
  { detection }: ReaderCard,
  image: RgbImage,
  { top, bottom, from, to }: Tile,
): Promise<TextBox[]> {
  const part: RgbImage = {
    width: image.width,
    height: bottom - top,
    data: image.data.subarray(top * image.width * 3, bottom * image.width * 3),
  }
  const width = toStride(part.width)
  const height = toStride(part.height)
  const input = normalized(resizeBilinear(part, width, height), detection)
  const outputs = await session.run({ [session.inputNames[0]!]: input })
  const data = floats(outputs[session.outputNames[0]!]) // [1, 1, height, width]
  const boxes = boxesOf({ width, height, data }, part, detection)
  return boxes.flatMap(({ corners, score }) => {
    const [a, b, c, d] = corners.map(({ x, y }) => ({ x, y: y + top }))
    const moved = [a!, b!, c!, d!] as const
    const bounds = boundsOf(moved)
    const center = (bounds.top + bounds.bottom) / 2
    return center >= from && center < to ? [{ corners: moved, score }] : []
  })
}

/** The nearest multiple; of two, the even one, as Python rounds. */
function toStride(side: number): number {
  const count = Math.ceil(side / STRIDE - 0.5)
  const isTie = side / STRIDE - 0.5 === count
  return Math.max((isTie && count % 2 === 1 ? count + 1 : count) * STRIDE, STRIDE)
}

/** @returns float32 [1, 3, height, width], blue first. */
function normalized(
  { width, height, data }: RgbImage,
  { mean, std }: ReaderCard['detection'],
): Tensor {
  const area = width * height
  const out = new Float32Array(3 * area)
  for (const channel of [0, 1, 2] as const) {
    const values = Float32Array.from(
      { length: 256 },
      (_, byte) => (byte / 255 - mean[channel]) / std[channel],
    )
    for (let i = 0, from = 2 - channel; i < area; i++, from += 3) {
      out[channel * area + i] = values[data[from]!]!
    }
  }
  return new Tensor('float32', out, [1, 3, height, width])
}

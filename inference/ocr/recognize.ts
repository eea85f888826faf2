/** Reads cropped lines: batches of one width, and CTC decoding of what the network gives. */

import { type InferenceSession, Tensor } from 'onnxruntime-node'
import type { RgbImage } from '../image/resize.ts'
import { floats } from '../runtime/floats.ts'
import { resizeBilinear } from './sampling.ts'

/** What a crop says. */
export type Recognized = {
  readonly text: string
  /** Mean probability of its characters, 0 to 1; 0 for no character. */
  readonly confidence: number
}

/** Crops of one run, all padded to its width. */
export type Batch = { readonly width: number; readonly indices: readonly number[] }

/** Widths are rounded up to a multiple of this, in pixels of the network's input. */
const WIDTH_STEP = 64
const MIN_WIDTH = 160
/** A longer line is squeezed. */
const MAX_WIDTH = 3200
/** Crops in one run, and the sum of their widths. */
const MAX_CROPS = 16
const MAX_TOTAL_WIDTH = 5120

/** Width of a crop that is made `height` high. */
function widthOf(crop: RgbImage, height: number): number {
  return Math.min(Math.max(1, Math.ceil((crop.width / crop.height) * height)), MAX_WIDTH)
}

/** The width that a crop is padded to. */
export function paddedWidthOf(crop: RgbImage, height: number): number {
  return Math.max(MIN_WIDTH, Math.ceil(widthOf(crop, height) / WIDTH_STEP) * WIDTH_STEP)
}

/** Divides crops into batches of one padded width. */
export function batchesOf(crops: readonly RgbImage[], height: number): Batch[] {
  const byWidth = Map.groupBy(crops.keys(), (index) => paddedWidthOf(crops[index]!, height))
  return [...byWidth].flatMap(([width, indices]) => {
    const size = Math.max(1, Math.min(MAX_CROPS, Math.floor(MAX_TOTAL_WIDTH / width)))
    const count = Math.ceil(indices.length / size)
    return Array.from({ length: count }, (_, i) => ({
      width,
      indices: indices.slice(i * size, (i + 1) * size),
    }))
  })
}

/**
 * Reads a batch of crops in one run.
 *
 * @param crops uint8 [height, width, 3] each.
 * @param characters by class; class 0 is CTC's blank.
 */
export async function recognize(
  session: InferenceSession,
  crops: readonly RgbImage[],
  { width, height }: { readonly width: number; readonly height: number },
  characters: readonly string[],
): Promise<Recognized[]> {
  const area = width * height
  const input = new Float32Array(crops.length * 3 * area) // what is beside a crop stays 0: mid-gray
  for (const [index, crop] of crops.entries()) {
    const scaled = resizeBilinear(crop, widthOf(crop, height), height)
    for (let channel = 0; channel < 3; channel++) {
      for (let y = 0; y < height; y++) {
        const to = (index * 3 + channel) * area + y * width
        const from = y * scaled.width * 3 + 2 - channel // blue first
        for (let x = 0; x < scaled.width; x++) {
          input[to + x] = scaled.data[from + x * 3]! / 127.5 - 1
        }
      }
    }
  }
  const tensor = new Tensor('float32', input, [crops.length, 3, height, width])
  const output = (await session.run({ [session.inputNames[0]!]: tensor }))[session.outputNames[0]!]
  const steps = output!.dims[1]! // [crops, steps, classes]
  const size = steps * characters.length
  const data = floats(output)
  return crops.map((_, i) => decodeCtc(data.subarray(i * size, (i + 1) * size), characters))
}

/**
 * Greedy CTC decoding: the likeliest class of each step, repetitions merged, blanks dropped.
 *
 * @param probabilities float32 [steps, classes].
 */
export function decodeCtc(probabilities: Float32Array, characters: readonly string[]): Recognized {
  const classes = characters.length
  let [text, sum, count, previous] = ['', 0, 0, 0]
  for (let start = 0; start < probabilities.length; start += classes) {
    let best = 0
    let most = probabilities[start]!
    for (let i = 1; i < classes; i++) {
      const probability = probabilities[start + i]!
      if (probability > most) {
        most = probability
        best = i
      }
    }
    if (best !== 0 && best !== previous) {
      text += characters[best]!
      sum += most
      count += 1
    }
    previous = best
  }
  return { text, confidence: count === 0 ? 0 : sum / count }
}

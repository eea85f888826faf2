/** Reads cropped lines, in batches of one width. */

import { type InferenceSession, Tensor } from 'onnxruntime-node'
import type { RgbImage } from '../image/resize.ts'
import { floats } from '../runtime/floats.ts'
import { type Character, charactersOf, type Recognized, summaryOf } from './ctc.ts'
import { resizeBilinear } from './sampling.ts'
import { mergeReadings } from './scripts.ts'

/** The characters of the network's outputs by class; class 0 is CTC's blank. */
export type Characters = {
  readonly general: readonly string[]
  /** Of the second output, if the network has one. */
  readonly cyrillic?: readonly string[]
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

/** Divides crops into batches of one padded width, in the order of their first crops: time may run out. */
export function batchesOf(crops: readonly RgbImage[], height: number): Batch[] {
  const byWidth = Map.groupBy(crops.keys(), (index) => paddedWidthOf(crops[index]!, height))
  const batches = [...byWidth].flatMap(([width, indices]) => {
    const size = Math.max(1, Math.min(MAX_CROPS, Math.floor(MAX_TOTAL_WIDTH / width)))
    const count = Math.ceil(indices.length / size)
    return Array.from({ length: count }, (_, i) => ({
      width,
      indices: indices.slice(i * size, (i + 1) * size),
    }))
  })
  return batches.toSorted((a, b) => a.indices[0]! - b.indices[0]!)
}

/** The network's input, in pixels. */
export type InputSize = { readonly width: number; readonly height: number }

/** Reads a batch of crops in one run. @param crops uint8 [height, width, 3] each. */
export async function recognize(
  session: InferenceSession,
  crops: readonly RgbImage[],
  size: InputSize,
  characters: Characters,
): Promise<Recognized[]> {
  const [general, cyrillic] = await readBatch(session, crops, size, characters)
  return general!.map((reading, i) =>
    cyrillic ? mergeReadings(reading, cyrillic[i]!) : summaryOf(reading),
  )
}

/** @returns by output of the network, by crop: its characters. */
export async function readBatch(
  session: InferenceSession,
  crops: readonly RgbImage[],
  { width, height }: InputSize,
  characters: Characters,
): Promise<Character[][][]> {
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
  const outputs = await session.run({ [session.inputNames[0]!]: tensor })
  return [characters.general, characters.cyrillic].flatMap((list, i) =>
    list ? [decodeLines(outputs[session.outputNames[i]!], list)] : [],
  )
}

/** @param output float32 [crops, steps, classes]. */
function decodeLines(
  output: InferenceSession.OnnxValueMapType[string] | undefined,
  characters: readonly string[],
): Character[][] {
  const data = floats(output)
  const [count, steps] = output!.dims
  const size = steps! * characters.length
  return Array.from({ length: count! }, (_, i) =>
    charactersOf(data.subarray(i * size, (i + 1) * size), characters),
  )
}

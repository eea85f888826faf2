/**
 * How long a known model would describe a picture on a machine: its work by its shapes, and how fast machines did it.
 *
 * The rates are those of the two AVX-512 cores of bench/results/describe*.json; what was measured there is
 * within about 25 % of the estimates (test/commands/terminal/pull/picture-work.test.ts).
 */

import type { CpuSpeed } from '../../../inference/runtime/speed/cpu-speed.ts'

/** Layers of a transformer. `ffn` of two matrices each; a gated layer has three. */
type Layers = {
  readonly layers: number
  readonly hidden: number
  readonly ffn: number
  readonly gated?: boolean
  /** Key and value heads, as a part of the query heads. */
  readonly kv?: number
}

/** What a description needs of a model. */
export type Shape = {
  readonly vision: Layers & {
    /** Of a tile, the class token included. */
    readonly positions: number
  }
  /** Null: it writes no text. */
  readonly language: {
    readonly reads: Layers
    /** What is read for each new token, where that is another stack: a decoder behind an encoder. */
    readonly writes?: Layers & { readonly crossAttention: true }
    readonly vocabulary: number
  } | null
  /** Positions of a prompt with one tile. */
  readonly prompt: number
  /** The same with as many tiles as a large picture is cut into; absent: it is not cut. */
  readonly tiled?: { readonly tiles: number; readonly prompt: number }
  /** Tokens of the description. */
  readonly tokens: number
}

/** The machine whose rates these are, idle: of `cpuSpeed`. */
export const MEASURED_ON: CpuSpeed = { gops: 270, gbPerSecond: 10 }
/** Products of matrices, in 10^9 operations a second: of 8 and of 4 bits. */
const GFLOPS = 900
/** Scores and sums of attention, in fp32. */
const ATTENTION_GFLOPS = 83
/** Of a step, whatever the size. */
const STEP_SECONDS = 0.008
/** Of a step, for each GB of weights that it reads. */
const SECONDS_PER_GB = 0.018
/** Weights in blocks of 4 bits, with their scales. */
const BYTES_PER_WEIGHT = 0.5625

/** Seconds to describe a picture in one tile and, if it is cut, in many. @param speed of the machine. */
export function estimateSeconds(
  shape: Shape,
  speed: CpuSpeed,
): { readonly one: number; readonly tiled: number | null } {
  const { prompt, tiled } = shape
  return {
    one: secondsOf(shape, { tiles: 1, prompt }, speed),
    tiled: tiled === undefined ? null : secondsOf(shape, tiled, speed),
  }
}

function secondsOf(
  { vision, language, tokens }: Shape,
  { tiles, prompt }: { readonly tiles: number; readonly prompt: number },
  speed: CpuSpeed,
): number {
  const { positions } = vision
  let products = 2 * tiles * positions * weightsOf(vision)
  let attention = 4 * tiles * positions ** 2 * vision.hidden * vision.layers
  let stepWeights = 0
  if (language !== null) {
    const { reads, writes, vocabulary } = language
    products += 2 * prompt * weightsOf(reads)
    // Causal: half of the scores.
    attention += 2 * prompt ** 2 * reads.hidden * reads.layers
    stepWeights = weightsOf(writes ?? reads) + reads.hidden * vocabulary
    stepWeights += writes === undefined ? 0 : 2 * writes.layers * writes.hidden ** 2
  }
  const slower = MEASURED_ON.gops / speed.gops
  const slowerMemory = MEASURED_ON.gbPerSecond / speed.gbPerSecond
  const stepGb = (stepWeights * BYTES_PER_WEIGHT) / 1e9
  return (
    (products / GFLOPS / 1e9 + attention / ATTENTION_GFLOPS / 1e9) * slower +
    tokens * (STEP_SECONDS * slower + stepGb * SECONDS_PER_GB * slowerMemory)
  )
}

function weightsOf({ layers, hidden, ffn, gated = true, kv = 1 }: Layers): number {
  return layers * ((2 + 2 * kv) * hidden ** 2 + (gated ? 3 : 2) * hidden * ffn)
}

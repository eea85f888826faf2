/**
 * Chooses the smoothing of a vision tower from pictures, layer by layer. Each layer gets what the
 * layers before it compute in full precision; only one layer's weights are in memory.
 *
 *     pictures -> embeddings -> layer 0 measured -> factors for every alpha -> layer 0 quantized
 *                                │ next                  the nearest to `next` is kept
 *                                └-> layer 1 …
 *
 * Import it only to calibrate: it loads ONNX Runtime and runs it on the calling thread.
 */

import { readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { floats } from '../../runtime/floats.ts'
import { cpuSessionOptions } from '../../runtime/session-options.ts'
import type { Storage } from '../../blocks/layers.ts'
import type { LayeredTower } from '../../blocks/vision/layered-tower.ts'
import { toPixelValues } from '../../image/pixel-values.ts'
import type { Preprocessing } from '../../image/pixel-values.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import type { Scaling, Scalings } from '../../onnx/weight-plan.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { UNSCALED } from '../weights/scaling.ts'
import type { ThreadPool } from '../weights/thread-pool.ts'
import { bytesToRead, writeData } from '../weights/write-data.ts'
import { smoothingFactors } from './smoothing.ts'

/** The strengths tried on every layer, besides no smoothing. */
const ALPHAS = [0.5, 0.65, 0.8] as const

export type CalibrationOptions = {
  readonly pool: ThreadPool
  readonly checkpoint: Checkpoint
  readonly tower: LayeredTower
  readonly preprocessing: Preprocessing
  /** How the matrices will be stored. */
  readonly storage: Storage
  /** The picture files. */
  readonly pictures: readonly string[]
  /** A folder for temporary graphs; created, and deleted at the end. */
  readonly scratch: string
  readonly signal: AbortSignal | undefined
  /** `done` and `total` are bytes of the checkpoint, layer by layer. */
  readonly onProgress: (progress: { done: number; total: number; what: string }) => void
}

/** The factors to fold into the tensors, and the strengths behind them. */
export type Calibration = {
  readonly scalings: Scalings
  /** The alpha of each layer; null where the error is least without smoothing. */
  readonly alphas: readonly (number | null)[]
}

/** Largest magnitudes per input channel of a module, both float32 [inputs], at least 0. */
type Largest = { readonly inputs: Float32Array; readonly weights: Float32Array }

/** Tries every strength on every layer. @throws the signal's reason when aborted. */
export async function calibrate(options: CalibrationOptions): Promise<Calibration> {
  process.env['ORT_DISABLE_TELEMETRY'] = '1' // as in inference/backends/thread.ts
  await rm(options.scratch, { recursive: true, force: true })
  await mkdir(options.scratch)
  try {
    const { tower, checkpoint, storage, onProgress } = options
    const layerBytes = bytesToRead(checkpoint, tower.layer(0, storage))
    const total = tower.layers * layerBytes
    let states = await embed(options)
    const alphas: (number | null)[] = []
    const scalings = new Map<string, Scaling>()
    for (let layer = 0; layer < tower.layers; layer++) {
      const { next, largest } = await measure(options, layer, states)
      const best = await choose(options, layer, states, next, largest)
      alphas.push(best.alpha)
      for (const [tensor, scaling] of best.scalings) {
        scalings.set(tensor, scaling)
      }
      states = next
      onProgress({ done: (layer + 1) * layerBytes, total, what: `layer ${layer}` })
    }
    return { scalings, alphas }
  } finally {
    await rm(options.scratch, { recursive: true, force: true })
  }
}

/** @returns for each picture the input of the first layer, float32 [tokens, hidden]. */
async function embed(options: CalibrationOptions): Promise<Float32Array[]> {
  const { tower, preprocessing, pictures } = options
  const { imageSize } = tower
  const dims = [1, 3, imageSize, imageSize]
  return withGraph(options, 'embeddings', tower.embeddings(), async (run) => {
    const states: Float32Array[] = []
    for (const file of pictures) {
      const { data } = await toPixelValues(readFileSync(file), { imageSize, preprocessing })
      const { hidden_states: state } = await run({
        pixel_values: new Tensor('float32', data, dims),
      })
      states.push(floats(state))
    }
    return states
  })
}

/**
 * Runs a layer in full precision.
 *
 * @param states the layer's input for each picture, float32 [tokens, hidden].
 * @returns `next`: its output, same shape; `largest`: the largest magnitudes of each module.
 */
async function measure(
  options: CalibrationOptions,
  layer: number,
  states: readonly Float32Array[],
): Promise<{ next: Float32Array[]; largest: ReadonlyMap<string, Largest> }> {
  const { plan, modules } = options.tower.measured(layer)
  const largest = new Map<string, Largest>()
  const next = await withGraph(options, 'measured', plan, async (run) => {
    const all: Float32Array[] = []
    for (const state of states) {
      const outputs = await run({ hidden_states: rowsOf(state, options.tower) })
      all.push(floats(outputs['next']))
      for (const [i, module] of modules.entries()) {
        const inputs = floats(outputs[`inputs_${i}`])
        const before = largest.get(module)
        largest.set(module, {
          inputs: before ? inputs.map((x, j) => Math.max(x, before.inputs[j]!)) : inputs,
          weights: before?.weights ?? floats(outputs[`weights_${i}`]),
        })
      }
    }
    return all
  })
  return { next, largest }
}

/**
 * Runs a layer as it will be stored, once per strength, and takes the one with the least error.
 *
 * @param states the layer's input for each picture, float32 [tokens, hidden].
 * @param next what the layer gives in full precision, same shape.
 */
async function choose(
  options: CalibrationOptions,
  layer: number,
  states: readonly Float32Array[],
  next: readonly Float32Array[],
  largest: ReadonlyMap<string, Largest>,
): Promise<{ alpha: number | null; scalings: Scalings }> {
  const { tower, storage } = options
  const plan = tower.layer(layer, storage)
  let best: { alpha: number | null; scalings: Scalings } = { alpha: null, scalings: UNSCALED }
  let least = Infinity
  for (const alpha of [null, ...ALPHAS]) {
    const scalings = alpha === null ? UNSCALED : scalingsOf(tower, layer, largest, alpha)
    const use = async (run: Run) => {
      let sum = 0
      for (const [i, state] of states.entries()) {
        const outputs = await run({ hidden_states: rowsOf(state, tower) })
        sum += rowError(floats(outputs['next']), next[i]!, tower.hidden)
      }
      return sum
    }
    const error = await withGraph(options, 'layer', plan, use, scalings)
    if (error < least) {
      least = error
      best = { alpha, scalings }
    }
  }
  return best
}

/** The factors of one strength, folded into the layer's tensors. */
function scalingsOf(
  tower: LayeredTower,
  layer: number,
  largest: ReadonlyMap<string, Largest>,
  alpha: number,
): Scalings {
  const factors = new Map<string, Float32Array>()
  for (const module of tower.smoothed) {
    const measured = largest.get(module)
    if (measured === undefined) {
      throw new RangeError(`expected ${module} to be measured`)
    }
    factors.set(module, smoothingFactors(measured.inputs, measured.weights, alpha))
  }
  return tower.fold(layer, factors)
}

/**
 * Sum over rows of |actual - expected|² / |expected|². Each row counts the same, since a norm makes
 * all rows equally long before they are used.
 *
 * @param actual float32 [tokens, columns], as `expected`.
 */
function rowError(actual: Float32Array, expected: Float32Array, columns: number): number {
  let sum = 0
  for (let start = 0; start < expected.length; start += columns) {
    let [difference, whole] = [0, 0]
    for (let i = start; i < start + columns; i++) {
      difference += (actual[i]! - expected[i]!) ** 2
      whole += expected[i]! ** 2
    }
    sum += whole > 0 ? difference / whole : 0
  }
  return sum
}

type Run = (feeds: Record<string, Tensor>) => Promise<InferenceSession.OnnxValueMapType>

/** Writes a graph and its weights, opens a session for `use`, and releases it afterwards. */
async function withGraph<T>(
  { pool, checkpoint, scratch, signal }: CalibrationOptions,
  name: string,
  plan: GraphPlan,
  use: (run: Run) => Promise<T>,
  scalings: Scalings = UNSCALED,
): Promise<T> {
  signal?.throwIfAborted()
  const file = path.join(scratch, `${name}.onnx`)
  await writeFile(file, plan.model)
  await writeData(pool, checkpoint, plan, `${file}.data`, () => undefined, scalings)
  const options = cpuSessionOptions({
    threads: availableParallelism(),
    arena: false, // a session runs a few times only: memory kept for the next run would be wasted
  })
  const session = await InferenceSession.create(file, options)
  try {
    return await use((feeds) => {
      signal?.throwIfAborted()
      return session.run(feeds)
    })
  } finally {
    await session.release()
  }
}

/** @param state float32 [tokens, hidden], flat. */
function rowsOf(state: Float32Array, { hidden }: LayeredTower): Tensor {
  return new Tensor('float32', state, [state.length / hidden, hidden])
}

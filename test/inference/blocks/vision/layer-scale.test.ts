import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { layeredVit } from '../../../../inference/blocks/vision/vit-layers.ts'
import { visionGraph } from '../../../../inference/blocks/vision/vit.ts'
import type { VisionConfig } from '../../../../inference/blocks/vision/vit.ts'
import { openCheckpoint } from '../../../../inference/convert/checkpoint/checkpoint.ts'
import { ThreadPool } from '../../../../inference/convert/weights/thread-pool.ts'
import { writeData } from '../../../../inference/convert/weights/write-data.ts'
import type { GraphPlan } from '../../../../inference/onnx/graph-builder.ts'
import { float, openGraph, runOne } from '../../../helpers/graph-sessions.ts'
import {
  checkpointFolder,
  loadLayerScale,
  relativeError,
  tensorOf,
} from '../../../helpers/parity.ts'

/** InternVL's tower: no norm behind its last layer. */
const INTERN: VisionConfig = {
  classToken: true,
  preNorm: false,
  patchBias: true,
  tensors: {
    module: 'vision_model',
    positions: 'position_embedding',
    qkv: ['q_proj', 'k_proj', 'v_proj'],
    output: 'out_proj',
    layerScale: { attention: 'lambda_1', mlp: 'lambda_2' },
  },
  hidden: 24,
  intermediate: 40,
  layers: 2,
  heads: 3,
  imageSize: 28,
  patchSize: 7,
  activation: 'gelu',
  epsilon: 1e-6,
  qkvBias: true,
  states: [1, 2],
  dropsFirst: false,
}
const FULL = { float: 'float32', bits: null } as const
const TOLERANCE = 1e-5

const recorded = loadLayerScale()
const folder = mkdtempSync(path.join(tmpdir(), 'layer-scale-'))
const pool = new ThreadPool(1)
after(async () => {
  await pool.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The only output of a graph with the recorded weights. @param name that it was built with. */
async function run(name: string, plan: GraphPlan, data: Float32Array, shape: readonly number[]) {
  const file = path.join(folder, `${name}.onnx`)
  writeFileSync(file, plan.model)
  const checkpoint = openCheckpoint(checkpointFolder('layer-scale'), [])
  await writeData(pool, checkpoint, plan, `${file}.data`, () => undefined)
  const session = await openGraph(file)
  const [output] = Object.values(await runOne(session, float(data, shape)))
  await session.release()
  return output!
}

/** The recorded states after so many layers, side by side. */
function statesOf(layers: readonly number[]): Float32Array {
  const all = layers.map((i) => tensorOf(recorded, `state.${i}`).data)
  const rows = all[0]!.length / INTERN.hidden
  const columns = Array.from({ length: rows }, (_, row) =>
    all.flatMap((state) => [...state.subarray(row * INTERN.hidden, (row + 1) * INTERN.hidden)]),
  )
  return Float32Array.from(columns.flat())
}

describe('a vision tower with layer scale', () => {
  const { data: pixels, shape } = tensorOf(recorded, 'pixel_values')

  it('gives the states of transformers’ InternVL', async () => {
    const embeds = await run('vision', visionGraph(INTERN, FULL), pixels, shape)
    const error = relativeError(embeds, statesOf([1, 2]))
    assert.ok(error < TOLERANCE, `relative error ${error}`)
  })

  it('gives them layer by layer, as a calibration runs it', async () => {
    const tower = layeredVit(INTERN)
    let states = await run('embeddings', tower.embeddings(), pixels, shape)
    for (let i = 0; i < tower.layers; i++) {
      const rows = [states.length / INTERN.hidden, INTERN.hidden]
      states = await run('layer', tower.layer(i, FULL), states, rows)
      const error = relativeError(states, statesOf([i + 1]))
      assert.ok(error < TOLERANCE, `relative error ${error} after ${i + 1} layers`)
    }
  })

  it('is another one without either scale, or with one in the place of the other', async () => {
    const { tensors } = INTERN
    const { layerScale: _, ...none } = tensors
    const swapped = { ...tensors, layerScale: { attention: 'lambda_2', mlp: 'lambda_1' } }
    for (const changed of [none, swapped]) {
      const graph = visionGraph({ ...INTERN, tensors: changed }, FULL)
      const error = relativeError(await run('vision', graph, pixels, shape), statesOf([1, 2]))
      assert.ok(error > 0.1, `relative error ${error}`)
    }
  })
})

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { readConfig } from '../../../../inference/families/blip2/read-config.ts'
import { openCheckpoint } from '../../../../inference/convert/checkpoint/checkpoint.ts'
import { layeredVit } from '../../../../inference/blocks/vision/vit-layers.ts'
import type { Scaling, Scalings } from '../../../../inference/onnx/weight-plan.ts'
import { ThreadPool } from '../../../../inference/convert/weights/thread-pool.ts'
import { writeData } from '../../../../inference/convert/weights/write-data.ts'
import { visionGraph } from '../../../../inference/blocks/vision/vit.ts'
import { float, openGraph, runOne } from '../../../helpers/graph-sessions.ts'
import { checkpointFolder, loadParity, relativeError, tensorOf } from '../../../helpers/parity.ts'
import type { ParityName } from '../../../helpers/parity-names.ts'
import { gaussians } from '../../../helpers/quantized.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'vit-layers-'))
const pool = new ThreadPool(1)
after(async () => {
  await pool.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The image_embeds of a checkpoint in full precision, with some tensors multiplied. */
async function embeds(name: ParityName, scalings?: Scalings): Promise<Float32Array> {
  const from = checkpointFolder(name)
  const plan = visionGraph(readConfig(from, [])!.model.vision, { float: 'float32', bits: null })
  const file = path.join(folder, 'vision.onnx')
  writeFileSync(file, plan.model)
  const checkpoint = openCheckpoint(from, [])
  await writeData(pool, checkpoint, plan, `${file}.data`, () => undefined, scalings)
  const session = await openGraph(file)
  const { data, shape } = tensorOf(loadParity(name), 'pixel_values')
  const outputs = await runOne(session, float(data, shape))
  await session.release()
  return outputs['image_embeds']!
}

/** Factors from about 1/8 to 8, another for every channel. */
function randomFactors(width: number, seed: number): Map<string, Float32Array> {
  const some = (i: number) =>
    gaussians(width, seed + i).map((x) => 2 ** Math.max(-3, Math.min(3, x)))
  return new Map([
    ['self_attn.qkv', some(0)],
    ['self_attn.projection', some(1)],
    ['mlp.fc1', some(2)],
  ])
}

describe('layeredVit, fold', () => {
  // With a bias of queries, keys and values, and without.
  for (const name of ['base', 'no-bias'] as const) {
    it(`does not change what ${name} computes`, async () => {
      const tower = layeredVit(readConfig(checkpointFolder(name), [])!.model.vision)
      const { hidden, layers } = tower
      const scalings = new Map<string, Scaling>()
      for (let i = 0; i < layers; i++) {
        const factors = randomFactors(hidden, 10 * i + 1)
        for (const [tensor, scaling] of tower.fold(i, factors)) {
          scalings.set(tensor, scaling)
        }
      }
      const expected = await embeds(name)
      const error = relativeError(await embeds(name, scalings), expected)
      assert.ok(error < 1e-5, `relative error ${error}`)
      // Each piece is needed: without it the function is another.
      for (const [tensor] of tower.fold(0, randomFactors(hidden, 1))) {
        const lacking = new Map(scalings)
        const bias = tensor.endsWith('.bias')
        if (lacking.delete(tensor) && !(bias && name === 'no-bias')) {
          const changed = relativeError(await embeds(name, lacking), expected)
          assert.ok(changed > 1e-3, `${tensor}: ${changed}`)
        }
      }
    })
  }
})

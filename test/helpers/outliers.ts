/**
 * Rewrites the demo's checkpoint so that a few channels of its image encoder are very large: each
 * is multiplied where it is computed and divided in the weights that use it. The result is the same.
 */

import { cpSync, globSync, rmSync } from 'node:fs'
import path from 'node:path'
import { floatTensor, readTensors, valuesOf, writeTensors } from './safetensors.ts'
import type { RawTensors } from './safetensors.ts'

export const DEMO_CHECKPOINT = path.join(import.meta.dirname, '../../models/demo/checkpoint')

const WIDTH = 160
const LAYERS = 4
/** The factor, as for the largest channels of real encoders. */
const LARGE = 50

/** The factor of an element of a matrix; a vector is one row. */
type Factor = (row: number, column: number) => number

/** Writes the checkpoint to a folder that does not exist. */
export function writeOutliers(folder: string): void {
  cpSync(DEMO_CHECKPOINT, folder, { recursive: true })
  const tensors = readTensors(folder)
  for (let layer = 0; layer < LAYERS; layer++) {
    const name = `vision_model.encoder.layers.${layer}`
    for (const [norm, module] of [
      ['layer_norm1', 'self_attn.qkv'],
      ['layer_norm2', 'mlp.fc1'],
    ]) {
      multiply(tensors, `${name}.${norm}.weight`, (_, column) => large(column))
      multiply(tensors, `${name}.${norm}.bias`, (_, column) => large(column))
      multiply(tensors, `${name}.${module}.weight`, (_, column) => 1 / large(column))
    }
    const { qkv, projection } = {
      qkv: `${name}.self_attn.qkv`,
      projection: `${name}.self_attn.projection`,
    }
    const value = (row: number) => (row < 2 * WIDTH ? 1 : large(row - 2 * WIDTH))
    multiply(tensors, `${qkv}.weight`, (row) => value(row))
    multiply(tensors, `${qkv}.bias`, (_, column) => value(column))
    multiply(tensors, `${projection}.weight`, (_, column) => 1 / large(column))
  }
  for (const file of globSync('*.safetensors', { cwd: folder })) {
    rmSync(path.join(folder, file))
  }
  writeTensors(path.join(folder, 'model.safetensors'), tensors)
}

function large(channel: number): number {
  return channel % 40 === 5 ? LARGE : 1
}

function multiply(tensors: RawTensors, name: string, factor: Factor): void {
  const { shape, ...tensor } = tensors[name]!
  const columns = shape.at(-1)!
  const values = valuesOf({ shape, ...tensor }).map(
    (value, i) => value * factor(Math.floor(i / columns), i % columns),
  )
  tensors[name] = floatTensor(values, shape)
}

/**
 * Writes a checkpoint folder of random weights in the shape of blip2-opt-2.7b or blip2-flan-t5-xl, to
 * measure conversion and speed without the real weights:
 *
 *     node bench/full-size/synthetic-checkpoint.ts FOLDER [--dtype F32|F16|BF16] [--layers N] [--vocab N]
 *         [--model blip2-flan-t5-xl]
 *
 * Every tensor has its own values: ONNX Runtime would share equal ones and look twice as fast.
 * The values mean nothing.
 */

import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import {
  type AddLinear,
  type AddNorm,
  type Language,
  languageOf,
  type Shapes,
  SYNTHETIC_MODELS,
  type SyntheticModel,
} from './synthetic-language.ts'

type Dtype = 'F32' | 'F16' | 'BF16'

const SHARD_BYTES = 5e9
const PIECE = 4 * 1024 * 1024
const VISION = { hidden: 1408, intermediate: 6144, layers: 39, heads: 16 }
const QFORMER = { hidden: 768, intermediate: 3072, layers: 12 }
/** Standard deviation; norm weights are near 1, everything else is near 0. */
const SPREAD = 0.02

/** Random numbers to cut pieces from, each at a random place. */
const POOL = 1 << 24

/** Encoded numbers, for norm weights and for everything else. */
type Pools = { readonly matrix: Uint8Array; readonly norm: Uint8Array }

export type SyntheticOptions = {
  /** Whose shapes it has. Default `blip2-opt-2.7b`. */
  readonly model?: SyntheticModel
  readonly dtype?: Dtype
  /** Layers of the language model, of a T5 each of its two parts. Default: as many as the real one. */
  readonly layers?: number
  readonly vocab?: number
  /** Told the name of each shard written. */
  readonly onShard?: (file: string) => void
}

/** Writes the folder; about 15 GB in F32. */
export function writeSyntheticCheckpoint(folder: string, options: SyntheticOptions = {}): void {
  const { model = 'blip2-opt-2.7b', dtype = 'F32', ...size } = options
  const language = languageOf(model, size)
  mkdirSync(folder, { recursive: true })
  writeConfig(folder, language)
  writeShards(folder, shapes(language), dtype, options.onShard)
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      dtype: { type: 'string', default: 'F32' },
      model: { type: 'string', default: 'blip2-opt-2.7b' },
      layers: { type: 'string' },
      vocab: { type: 'string' },
    },
  })
  const [folder] = positionals
  const model = SYNTHETIC_MODELS.find((known) => known === values.model)
  if (folder === undefined || model === undefined || !isDtype(values.dtype)) {
    const models = SYNTHETIC_MODELS.join('|')
    process.stderr.write(
      `usage: synthetic-checkpoint FOLDER [--dtype F32|F16|BF16] [--model ${models}]\n`,
    )
    process.exitCode = 2
    return
  }
  const { dtype } = values
  writeSyntheticCheckpoint(folder, {
    model,
    dtype,
    ...(values.layers !== undefined && { layers: Number(values.layers) }),
    ...(values.vocab !== undefined && { vocab: Number(values.vocab) }),
    onShard: report,
  })
}

function report(file: string): void {
  process.stderr.write(`${file}\n`)
}

function isDtype(value: string): value is Dtype {
  return value === 'F32' || value === 'F16' || value === 'BF16'
}

function writeConfig(folder: string, language: Language): void {
  const config = {
    architectures: ['Blip2ForConditionalGeneration'],
    model_type: 'blip-2',
    image_token_index: language.imageToken,
    num_query_tokens: 32,
    vision_config: {},
    qformer_config: {},
    text_config: language.config,
  }
  for (const [name, text] of Object.entries({
    'config.json': JSON.stringify(config, null, 2),
    ...language.files,
  })) {
    writeFileSync(path.join(folder, name), text)
  }
}

function shapes(language: Language): Shapes {
  const found: Shapes = new Map([['query_tokens', [1, 32, QFORMER.hidden]]])
  const linear = (name: string, out: number, inputs: number) => {
    found.set(`${name}.weight`, [out, inputs])
    found.set(`${name}.bias`, [out])
  }
  const norm = (name: string, width: number) => {
    found.set(`${name}.weight`, [width])
    found.set(`${name}.bias`, [width])
  }
  visionShapes(found, linear, norm)
  qformerShapes(linear, norm)
  linear('language_projection', language.width, QFORMER.hidden)
  language.add({ found, linear, norm })
  return found
}

function visionShapes(found: Shapes, linear: AddLinear, norm: AddNorm): void {
  const { hidden, intermediate, layers } = VISION
  const embeddings = 'vision_model.embeddings'
  found.set(`${embeddings}.class_embedding`, [1, 1, hidden])
  found.set(`${embeddings}.position_embedding`, [1, 257, hidden])
  found.set(`${embeddings}.patch_embedding.weight`, [hidden, 3, 14, 14])
  found.set(`${embeddings}.patch_embedding.bias`, [hidden])
  for (let i = 0; i < layers; i++) {
    const layer = `vision_model.encoder.layers.${i}`
    linear(`${layer}.self_attn.qkv`, 3 * hidden, hidden)
    linear(`${layer}.self_attn.projection`, hidden, hidden)
    norm(`${layer}.layer_norm1`, hidden)
    norm(`${layer}.layer_norm2`, hidden)
    linear(`${layer}.mlp.fc1`, intermediate, hidden)
    linear(`${layer}.mlp.fc2`, hidden, intermediate)
  }
  norm('vision_model.post_layernorm', hidden)
}

function qformerShapes(linear: AddLinear, norm: AddNorm): void {
  const { hidden, intermediate, layers } = QFORMER
  norm('qformer.layernorm', hidden)
  for (let i = 0; i < layers; i++) {
    const layer = `qformer.encoder.layer.${i}`
    for (const [block, width] of [
      ['attention', hidden],
      ...(i % 2 === 0 ? [['crossattention', VISION.hidden] as const] : []),
    ] as const) {
      linear(`${layer}.${block}.attention.query`, hidden, hidden)
      linear(`${layer}.${block}.attention.key`, hidden, width)
      linear(`${layer}.${block}.attention.value`, hidden, width)
      linear(`${layer}.${block}.output.dense`, hidden, hidden)
      norm(`${layer}.${block}.output.LayerNorm`, hidden)
    }
    linear(`${layer}.intermediate_query.dense`, intermediate, hidden)
    linear(`${layer}.output_query.dense`, hidden, intermediate)
    norm(`${layer}.output_query.LayerNorm`, hidden)
  }
}

function writeShards(
  folder: string,
  tensors: Shapes,
  dtype: Dtype,
  onShard?: (file: string) => void,
): void {
  const width = dtype === 'F32' ? 4 : 2
  const shards: [string, readonly number[]][][] = [[]]
  let bytes = 0
  for (const [name, shape] of tensors) {
    const size = elements(shape) * width
    if (bytes + size > SHARD_BYTES && bytes > 0) {
      shards.push([])
      bytes = 0
    }
    shards.at(-1)!.push([name, shape])
    bytes += size
  }
  const pools = { matrix: normals(0, dtype), norm: normals(1, dtype) }
  const map: Record<string, string> = {}
  shards.forEach((shard, i) => {
    const count = [i + 1, shards.length].map((n) => String(n).padStart(5, '0'))
    const file = `model-${count.join('-of-')}.safetensors`
    writeShard(path.join(folder, file), shard, dtype, pools)
    for (const [name] of shard) {
      map[name] = file
    }
    onShard?.(file)
  })
  const index = { metadata: {}, weight_map: map }
  writeFileSync(path.join(folder, 'model.safetensors.index.json'), JSON.stringify(index))
}

function writeShard(
  file: string,
  tensors: readonly [string, readonly number[]][],
  dtype: Dtype,
  pools: Pools,
): void {
  const width = dtype === 'F32' ? 4 : 2
  const header: Record<string, unknown> = {}
  let offset = 0
  for (const [name, shape] of tensors) {
    const end = offset + elements(shape) * width
    header[name] = { dtype, shape, data_offsets: [offset, end] }
    offset = end
  }
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  const descriptor = openSync(file, 'w')
  writeSync(descriptor, Buffer.concat([length, text]))
  for (const [name, shape] of tensors) {
    const pool = /norm\d?\.weight$/i.test(name) ? pools.norm : pools.matrix
    for (let left = elements(shape); left > 0; left -= PIECE) {
      const count = Math.min(left, PIECE)
      const start = Math.floor(Math.random() * (POOL - count + 1))
      writeSync(descriptor, pool.subarray(start * width, (start + count) * width))
    }
  }
  closeSync(descriptor)
}

/** Normally distributed around a mean, encoded. */
function normals(mean: number, dtype: Dtype): Uint8Array {
  const values = new Float32Array(POOL)
  for (let i = 0; i < POOL; i++) {
    const radius = Math.sqrt(-2 * Math.log(1 - Math.random()))
    values[i] = mean + SPREAD * radius * Math.cos(2 * Math.PI * Math.random())
  }
  if (dtype === 'F32') {
    return new Uint8Array(values.buffer)
  }
  if (dtype === 'F16') {
    return new Uint8Array(new Float16Array(values).buffer)
  }
  const words = new Uint32Array(values.buffer)
  return new Uint8Array(Uint16Array.from(words, (word) => word >>> 16).buffer)
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1)
}

if (import.meta.main) {
  main()
}

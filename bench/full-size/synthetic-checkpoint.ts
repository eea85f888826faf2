/**
 * Writes a checkpoint folder of random weights in the shape of blip2-opt-2.7b, to measure
 * conversion and speed without the real weights:
 *
 *     node bench/full-size/synthetic-checkpoint.ts FOLDER [--dtype F32|F16|BF16] [--layers N] [--vocab N]
 *
 * Every tensor has its own values: ONNX Runtime would share equal ones and look twice as fast.
 * The values mean nothing.
 */

import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'

type Shapes = Map<string, readonly number[]>
type Dtype = 'F32' | 'F16' | 'BF16'

const SHARD_BYTES = 5e9
const PIECE = 4 * 1024 * 1024
const VISION = { hidden: 1408, intermediate: 6144, layers: 39, heads: 16 }
const QFORMER = { hidden: 768, intermediate: 3072, layers: 12 }
const TEXT = { hidden: 2560, intermediate: 10240, heads: 32, positions: 2048 }
/** Standard deviation; norm weights are near 1, everything else is near 0. */
const SPREAD = 0.02

/** Random numbers to cut pieces from, each at a random place. */
const POOL = 1 << 24

/** Encoded numbers, for norm weights and for everything else. */
type Pools = { readonly matrix: Uint8Array; readonly norm: Uint8Array }

export type SyntheticOptions = {
  readonly dtype?: Dtype
  /** Layers of the language model; 32 in the real one. */
  readonly layers?: number
  readonly vocab?: number
  /** Told the name of each shard written. */
  readonly onShard?: (file: string) => void
}

/** Writes the folder; about 15 GB in F32. */
export function writeSyntheticCheckpoint(folder: string, options: SyntheticOptions = {}): void {
  const { dtype = 'F32', layers = 32, vocab = 50304 } = options
  mkdirSync(folder, { recursive: true })
  writeConfig(folder, layers, vocab)
  writeShards(folder, shapes(layers, vocab), dtype, options.onShard)
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      dtype: { type: 'string', default: 'F32' },
      layers: { type: 'string', default: '32' },
      vocab: { type: 'string', default: '50304' },
    },
  })
  const [folder] = positionals
  if (folder === undefined || !isDtype(values.dtype)) {
    process.stderr.write('usage: synthetic-checkpoint FOLDER [--dtype F32|F16|BF16]\n')
    process.exitCode = 2
    return
  }
  const { dtype } = values
  const [layers, vocab] = [Number(values.layers), Number(values.vocab)]
  writeSyntheticCheckpoint(folder, { dtype, layers, vocab, onShard: report })
}

function report(file: string): void {
  process.stderr.write(`${file}\n`)
}

function isDtype(value: string): value is Dtype {
  return value === 'F32' || value === 'F16' || value === 'BF16'
}

function writeConfig(folder: string, layers: number, vocab: number): void {
  const write = (name: string, json: unknown) =>
    writeFileSync(path.join(folder, name), JSON.stringify(json, null, 2))
  write('config.json', {
    architectures: ['Blip2ForConditionalGeneration'],
    model_type: 'blip-2',
    image_token_index: 50265,
    num_query_tokens: 32,
    vision_config: {},
    qformer_config: {},
    text_config: {
      model_type: 'opt',
      hidden_size: TEXT.hidden,
      ffn_dim: TEXT.intermediate,
      num_attention_heads: TEXT.heads,
      num_hidden_layers: layers,
      vocab_size: vocab,
      word_embed_proj_dim: TEXT.hidden,
      eos_token_id: 50118,
    },
  })
  const { vocabulary, merges } = numberWords()
  write('vocab.json', vocabulary)
  writeFileSync(path.join(folder, 'merges.txt'), merges)
}

/**
 * A vocabulary of the right size whose words are numbers: " 1234" is the token 1234, made of
 * " 123" and "4". What is generated can be read and encoded again, as in a conversation.
 */
function numberWords(): { vocabulary: Record<string, number>; merges: string } {
  const size = 50265
  const digits = Array.from({ length: 10 }, (_, digit) => String(digit))
  // Pieces and the numbers whose ids are special tokens take the last ids.
  const last = ['Ġ', ...digits, 'Ġ1', 'Ġ2']
  const first = size - last.length
  const words = Array.from({ length: first - 3 }, (_, i) => i + 3)
  const merges = [1, 2, ...words].map((n) => {
    const text = String(n)
    return `Ġ${text.slice(0, -1)} ${text.at(-1)}`
  })
  const entries: [string, number][] = [
    ['<s>', 0],
    ['<pad>', 1],
    ['</s>', 2],
    ...words.map((n): [string, number] => [`Ġ${n}`, n]),
    ...last.map((piece, i): [string, number] => [piece, first + i]),
  ]
  return {
    vocabulary: Object.fromEntries(entries),
    merges: `#version: 0.2\n${merges.join('\n')}\n`,
  }
}

function shapes(layers: number, vocab: number): Shapes {
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
  linear('language_projection', TEXT.hidden, QFORMER.hidden)
  const decoder = 'language_model.model.decoder'
  found.set(`${decoder}.embed_tokens.weight`, [vocab, TEXT.hidden])
  found.set(`${decoder}.embed_positions.weight`, [TEXT.positions + 2, TEXT.hidden])
  norm(`${decoder}.final_layer_norm`, TEXT.hidden)
  for (let i = 0; i < layers; i++) {
    const layer = `${decoder}.layers.${i}`
    for (const name of ['q_proj', 'k_proj', 'v_proj', 'out_proj']) {
      linear(`${layer}.self_attn.${name}`, TEXT.hidden, TEXT.hidden)
    }
    norm(`${layer}.self_attn_layer_norm`, TEXT.hidden)
    linear(`${layer}.fc1`, TEXT.intermediate, TEXT.hidden)
    linear(`${layer}.fc2`, TEXT.hidden, TEXT.intermediate)
    norm(`${layer}.final_layer_norm`, TEXT.hidden)
  }
  return found
}

type AddLinear = (name: string, out: number, inputs: number) => void
type AddNorm = (name: string, width: number) => void

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

/**
 * Writes the files of a tiny LLaVA with random weights for llama.cpp: a Llama of one layer whose
 * vocabulary is the bytes, and a CLIP of one layer for pictures of 28 × 28.
 *
 * Sources: ggml-org/ggml, docs/gguf.md; ggml-org/llama.cpp, tools/mtmd/clip-impl.h and src/llama-arch.cpp
 * for the names.
 */

import { writeFileSync } from 'node:fs'
import { createRandom } from '../../bench/report/random.ts'

const ALIGNMENT = 32
const WIDTH = 32
const INNER = 64
const HEADS = 2
const CONTEXT = 512
const IMAGE_SIDE = 28
const PATCH_SIDE = 14
const PATCHES = (IMAGE_SIDE / PATCH_SIDE) ** 2

/** The kinds of values in a header, by their numbers in the format. */
const KINDS = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const

type Value =
  | { readonly u32: number }
  | { readonly f32: number }
  | { readonly bool: boolean }
  | { readonly string: string }
  | { readonly strings: readonly string[] }
  | { readonly floats: readonly number[] }
  | { readonly ints: readonly number[] }

/** Dimensions by name, the fastest first. */
type Shapes = Readonly<Record<string, readonly number[]>>

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return bytes
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([u64(bytes.length), bytes])
}

function array(kind: number, items: readonly Buffer[]): Buffer {
  return Buffer.concat([u32(KINDS.array), u32(kind), u64(items.length), ...items])
}

function valueOf(value: Value): Buffer {
  if ('u32' in value) {
    return Buffer.concat([u32(KINDS.u32), u32(value.u32)])
  }
  if ('f32' in value) {
    return Buffer.concat([u32(KINDS.f32), f32(value.f32)])
  }
  if ('bool' in value) {
    return Buffer.concat([u32(KINDS.bool), Buffer.of(value.bool ? 1 : 0)])
  }
  if ('string' in value) {
    return Buffer.concat([u32(KINDS.string), text(value.string)])
  }
  if ('strings' in value) {
    return array(KINDS.string, value.strings.map(text))
  }
  return 'floats' in value
    ? array(KINDS.f32, value.floats.map(f32))
    : array(KINDS.i32, value.ints.map(u32))
}

function writeGguf(file: string, header: Readonly<Record<string, Value>>, shapes: Shapes): void {
  const random = createRandom(7)
  const infos: Buffer[] = []
  const data: Buffer[] = []
  let offset = 0
  for (const [name, shape] of Object.entries(shapes)) {
    const count = shape.reduce((product, size) => product * size, 1)
    const isNorm = /norm\.weight$|ln\d?\.weight$/.test(name)
    const values = Float32Array.from({ length: count }, () =>
      isNorm ? 1 : random.between(-0.3, 0.3),
    )
    infos.push(text(name), u32(shape.length), ...shape.map(u64), u32(0), u64(offset))
    const bytes = Buffer.from(values.buffer)
    const padded = Buffer.alloc(Math.ceil(bytes.length / ALIGNMENT) * ALIGNMENT)
    bytes.copy(padded)
    data.push(padded)
    offset += padded.length
  }
  const entries = Object.entries(header).flatMap(([name, value]) => [text(name), valueOf(value)])
  const counts = [u64(Object.keys(shapes).length), u64(Object.keys(header).length)]
  const head = Buffer.concat([Buffer.from('GGUF'), u32(3), ...counts, ...entries, ...infos])
  const padding = Buffer.alloc((ALIGNMENT - (head.length % ALIGNMENT)) % ALIGNMENT)
  writeFileSync(file, Buffer.concat([head, padding, ...data]))
}

/** What llama.cpp calls the kinds of tokens. */
const NORMAL = 1
const UNKNOWN = 2
const CONTROL = 3
const BYTE = 6

const WORDS = ['▁yes', '▁no', 'yes', 'no', '▁a', '▁the', '▁circle', '▁red']

export function writeTinyLlama(file: string): void {
  const bytes = Array.from(
    { length: 256 },
    (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`,
  )
  const letters = Array.from({ length: 26 }, (_, i) => String.fromCodePoint(97 + i))
  const normal = ['▁', ...letters, ...WORDS]
  const tokens = ['<unk>', '<s>', '</s>', ...bytes, ...normal]
  const kinds = [UNKNOWN, CONTROL, CONTROL, ...bytes.map(() => BYTE), ...normal.map(() => NORMAL)]
  writeGguf(
    file,
    {
      'general.architecture': { string: 'llama' },
      'general.name': { string: 'tiny' },
      'llama.context_length': { u32: CONTEXT },
      'llama.embedding_length': { u32: WIDTH },
      'llama.block_count': { u32: 1 },
      'llama.feed_forward_length': { u32: INNER },
      'llama.attention.head_count': { u32: HEADS },
      'llama.attention.head_count_kv': { u32: HEADS },
      'llama.attention.layer_norm_rms_epsilon': { f32: 1e-5 },
      'llama.rope.dimension_count': { u32: WIDTH / HEADS },
      'llama.vocab_size': { u32: tokens.length },
      'tokenizer.ggml.model': { string: 'llama' },
      'tokenizer.ggml.tokens': { strings: tokens },
      'tokenizer.ggml.scores': { floats: tokens.map((_, i) => -i) },
      'tokenizer.ggml.token_type': { ints: kinds },
      'tokenizer.ggml.unknown_token_id': { u32: 0 },
      'tokenizer.ggml.bos_token_id': { u32: 1 },
      'tokenizer.ggml.eos_token_id': { u32: 2 },
      'tokenizer.chat_template': {
        string:
          "{% for message in messages %}{{ message['role'] + ': ' + message['content'] + '\\n' }}{% endfor %}{{ 'assistant:' }}",
      },
    },
    {
      'token_embd.weight': [WIDTH, tokens.length],
      'blk.0.attn_norm.weight': [WIDTH],
      'blk.0.attn_q.weight': [WIDTH, WIDTH],
      'blk.0.attn_k.weight': [WIDTH, WIDTH],
      'blk.0.attn_v.weight': [WIDTH, WIDTH],
      'blk.0.attn_output.weight': [WIDTH, WIDTH],
      'blk.0.ffn_norm.weight': [WIDTH],
      'blk.0.ffn_gate.weight': [WIDTH, INNER],
      'blk.0.ffn_up.weight': [WIDTH, INNER],
      'blk.0.ffn_down.weight': [INNER, WIDTH],
      'output_norm.weight': [WIDTH],
      'output.weight': [WIDTH, tokens.length],
    },
  )
}

function linear(name: string, from: number, to: number): Shapes {
  return { [`${name}.weight`]: [from, to], [`${name}.bias`]: [to] }
}

function norm(name: string): Shapes {
  return { [`${name}.weight`]: [WIDTH], [`${name}.bias`]: [WIDTH] }
}

/** The vision tower and the two linear layers of a LLaVA. */
export function writeTinyClip(file: string): void {
  writeGguf(
    file,
    {
      'general.architecture': { string: 'clip' },
      'general.name': { string: 'tiny' },
      'clip.has_vision_encoder': { bool: true },
      'clip.projector_type': { string: 'mlp' },
      'clip.use_gelu': { bool: true },
      'clip.vision.image_size': { u32: IMAGE_SIDE },
      'clip.vision.patch_size': { u32: PATCH_SIDE },
      'clip.vision.embedding_length': { u32: WIDTH },
      'clip.vision.feed_forward_length': { u32: INNER },
      'clip.vision.block_count': { u32: 1 },
      'clip.vision.projection_dim': { u32: WIDTH },
      'clip.vision.attention.head_count': { u32: HEADS },
      'clip.vision.attention.layer_norm_epsilon': { f32: 1e-5 },
      'clip.vision.image_mean': { floats: [0.5, 0.5, 0.5] },
      'clip.vision.image_std': { floats: [0.5, 0.5, 0.5] },
    },
    {
      'v.patch_embd.weight': [PATCH_SIDE, PATCH_SIDE, 3, WIDTH],
      'v.class_embd': [WIDTH],
      'v.position_embd.weight': [WIDTH, PATCHES + 1],
      ...norm('v.pre_ln'),
      ...norm('v.blk.0.ln1'),
      ...norm('v.blk.0.ln2'),
      ...linear('v.blk.0.attn_q', WIDTH, WIDTH),
      ...linear('v.blk.0.attn_k', WIDTH, WIDTH),
      ...linear('v.blk.0.attn_v', WIDTH, WIDTH),
      ...linear('v.blk.0.attn_out', WIDTH, WIDTH),
      ...linear('v.blk.0.ffn_up', WIDTH, INNER),
      ...linear('v.blk.0.ffn_down', INNER, WIDTH),
      ...linear('mm.0', WIDTH, WIDTH),
      ...linear('mm.2', WIDTH, WIDTH),
    },
  )
}

/**
 * The sizes of chat models that see, as random weights have them.
 *
 * Sources: the config.json of HuggingFaceTB/SmolVLM2-256M-Video-Instruct and -500M-Video-Instruct, and of
 * llava-hf/llava-onevision-qwen2-0.5b-ov-hf.
 */

import type { Shapes } from './random-weights.ts'

export const CHAT_MODELS = ['smolvlm2-256m', 'smolvlm2-500m', 'llava-onevision-0.5b'] as const
export type ChatModel = (typeof CHAT_MODELS)[number]

export type TowerSize = {
  readonly hidden: number
  readonly intermediate: number
  readonly layers: number
  readonly heads: number
  readonly imageSize: number
  readonly patchSize: number
}

export type LanguageSize = {
  readonly hidden: number
  readonly intermediate: number
  readonly layers: number
  readonly heads: number
  readonly kvHeads: number
  readonly vocab: number
  readonly positions: number
  readonly theta: number
}

const HEAD_DIM = 64

const BASE_512: TowerSize = {
  hidden: 768,
  intermediate: 3072,
  layers: 12,
  heads: 12,
  imageSize: 512,
  patchSize: 16,
}
const SO400M_384: TowerSize = {
  hidden: 1152,
  intermediate: 4304,
  layers: 26,
  heads: 16,
  imageSize: 384,
  patchSize: 14,
}
const SMOLLM2 = { vocab: 49_280, positions: 8192, theta: 100_000 }

export type Size = { readonly tower: TowerSize; readonly language: LanguageSize }

export const SIZES: Readonly<Record<ChatModel, Size>> = {
  'smolvlm2-256m': {
    tower: BASE_512,
    language: { ...SMOLLM2, hidden: 576, intermediate: 1536, layers: 30, heads: 9, kvHeads: 3 },
  },
  'smolvlm2-500m': {
    tower: BASE_512,
    language: { ...SMOLLM2, hidden: 960, intermediate: 2560, layers: 32, heads: 15, kvHeads: 5 },
  },
  'llava-onevision-0.5b': {
    tower: SO400M_384,
    language: {
      hidden: 896,
      intermediate: 4864,
      layers: 24,
      heads: 14,
      kvHeads: 2,
      vocab: 152_000,
      positions: 32_768,
      theta: 1_000_000,
    },
  },
}

export function isChatModel(model: string): model is ChatModel {
  return CHAT_MODELS.some((known) => known === model)
}

export function addTower(shapes: Shapes, module: string, size: TowerSize): void {
  const { hidden, intermediate, layers, imageSize, patchSize } = size
  const patches = Math.floor(imageSize / patchSize) ** 2
  shapes.set(`${module}.embeddings.patch_embedding.weight`, [hidden, 3, patchSize, patchSize])
  shapes.set(`${module}.embeddings.patch_embedding.bias`, [hidden])
  shapes.set(`${module}.embeddings.position_embedding.weight`, [patches, hidden])
  for (let i = 0; i < layers; i++) {
    const layer = `${module}.encoder.layers.${i}`
    for (const name of ['q_proj', 'k_proj', 'v_proj', 'out_proj']) {
      addLinear(shapes, `${layer}.self_attn.${name}`, hidden, hidden)
    }
    addLinear(shapes, `${layer}.mlp.fc1`, intermediate, hidden)
    addLinear(shapes, `${layer}.mlp.fc2`, hidden, intermediate)
    addNorm(shapes, `${layer}.layer_norm1`, hidden)
    addNorm(shapes, `${layer}.layer_norm2`, hidden)
  }
  addNorm(shapes, `${module}.post_layernorm`, hidden)
}

/** @param biased whether queries, keys and values have a bias, as a Qwen2's. */
export function addLanguage(
  shapes: Shapes,
  module: string,
  size: LanguageSize,
  biased: boolean,
): void {
  const { hidden, intermediate, layers, heads, kvHeads, vocab } = size
  shapes.set(`${module}.embed_tokens.weight`, [vocab, hidden])
  for (let i = 0; i < layers; i++) {
    const layer = `${module}.layers.${i}`
    for (const [name, count] of [
      ['q_proj', heads],
      ['k_proj', kvHeads],
      ['v_proj', kvHeads],
    ] as const) {
      shapes.set(`${layer}.self_attn.${name}.weight`, [count * HEAD_DIM, hidden])
      if (biased) {
        shapes.set(`${layer}.self_attn.${name}.bias`, [count * HEAD_DIM])
      }
    }
    shapes.set(`${layer}.self_attn.o_proj.weight`, [hidden, heads * HEAD_DIM])
    shapes.set(`${layer}.mlp.gate_proj.weight`, [intermediate, hidden])
    shapes.set(`${layer}.mlp.up_proj.weight`, [intermediate, hidden])
    shapes.set(`${layer}.mlp.down_proj.weight`, [hidden, intermediate])
    shapes.set(`${layer}.input_layernorm.weight`, [hidden])
    shapes.set(`${layer}.post_attention_layernorm.weight`, [hidden])
  }
  shapes.set(`${module}.norm.weight`, [hidden])
}

export function addLinear(shapes: Shapes, name: string, out: number, inputs: number): void {
  shapes.set(`${name}.weight`, [out, inputs])
  shapes.set(`${name}.bias`, [out])
}

function addNorm(shapes: Shapes, name: string, width: number): void {
  shapes.set(`${name}.weight`, [width])
  shapes.set(`${name}.bias`, [width])
}

/** `vision_config` of a SigLIP. */
export function towerConfig(size: TowerSize, type: string): object {
  return {
    model_type: type,
    hidden_size: size.hidden,
    intermediate_size: size.intermediate,
    num_hidden_layers: size.layers,
    num_attention_heads: size.heads,
    image_size: size.imageSize,
    patch_size: size.patchSize,
    hidden_act: 'gelu_pytorch_tanh',
    layer_norm_eps: 1e-6,
    num_channels: 3,
  }
}

/** `text_config` of a Llama or Qwen2, without the ids of its tokens. */
export function languageConfig(size: LanguageSize, type: string): Record<string, unknown> {
  return {
    model_type: type,
    hidden_size: size.hidden,
    intermediate_size: size.intermediate,
    num_hidden_layers: size.layers,
    num_attention_heads: size.heads,
    num_key_value_heads: size.kvHeads,
    head_dim: HEAD_DIM,
    hidden_act: 'silu',
    max_position_embeddings: size.positions,
    rms_norm_eps: 1e-6,
    rope_theta: size.theta,
    rope_parameters: { rope_theta: size.theta, rope_type: 'default' },
    tie_word_embeddings: true,
    vocab_size: size.vocab,
  }
}

/**
 * Reads the `text_config` of a Llama and of its kin. Defaults are those of transformers 5.18: LlamaConfig,
 * Qwen2Config and Qwen3Config (models/…/configuration_….py).
 */

import { ACTIVATIONS } from '../../blocks/activations.ts'
import type { LlamaConfig } from '../../blocks/decoder/llama.ts'
import type { RotaryConfig } from '../../blocks/decoder/rotary.ts'
import { Fields, MAX_LAYERS, readJson } from './read-json.ts'

const THETA = 10_000

const GENERATION_FILE = 'generation_config.json'

/** By `model_type`. */
export const LLAMA_KINDS = ['llama', 'qwen2', 'qwen3'] as const
export type LlamaKind = (typeof LLAMA_KINDS)[number]

/** What transformers takes where config.json says nothing; null: as many as heads, or their share. */
const DEFAULTS = {
  llama: { vocab: 32_000, intermediate: 11_008, kvHeads: null, headDim: null, positions: 2048 },
  qwen2: { vocab: 151_936, intermediate: 22_016, kvHeads: 32, headDim: null, positions: 32_768 },
  qwen3: { vocab: 151_936, intermediate: 22_016, kvHeads: 32, headDim: 128, positions: 32_768 },
} as const

/** Where a checkpoint has the tensors. */
export type LlamaPlace = {
  /** Of the layers, such as `language_model.model`. */
  readonly module: string
  readonly headTensor: string
}

export function readLlama(
  fields: Fields,
  { module, headTensor }: LlamaPlace,
  kind: LlamaKind = 'llama',
): LlamaConfig {
  const defaults = DEFAULTS[kind]
  const hidden = fields.count('hidden_size', 4096)
  const heads = fields.count('num_attention_heads', 32)
  const kvHeads = fields.count('num_key_value_heads', kvHeadsDefault(fields, kind, heads))
  const share = Math.max(1, Math.floor(hidden / heads))
  const headDim = fields.count('head_dim', defaults.headDim ?? share)
  if (heads % kvHeads !== 0) {
    fields.problem('num_key_value_heads', `is ${kvHeads}, which does not divide ${heads} heads.`)
  }
  if (headDim % 2 !== 0) {
    fields.problem('head_dim', `is ${headDim}; rotary positions need an even number.`)
  }
  refuseWindows(fields)
  return {
    vocab: fields.count('vocab_size', defaults.vocab),
    hidden,
    intermediate: fields.count('intermediate_size', defaults.intermediate),
    layers: fields.count('num_hidden_layers', 32, MAX_LAYERS),
    heads,
    kvHeads,
    headDim,
    maxPositions: fields.count('max_position_embeddings', defaults.positions),
    activation: fields.choice('hidden_act', 'silu', ACTIVATIONS),
    epsilon: fields.number('rms_norm_eps', 1e-6),
    rotary: readRotary(fields, headDim),
    bias: readBias(fields, kind),
    headNorms: kind === 'qwen3',
    module,
    embedTensor: `${module}.embed_tokens.weight`,
    headTensor,
  }
}

/** Of a Qwen only a null means as many as heads. */
function kvHeadsDefault(fields: Fields, kind: LlamaKind, heads: number): number {
  return fields.json['num_key_value_heads'] === null ? heads : (DEFAULTS[kind].kvHeads ?? heads)
}

/** A Qwen2 has biases on queries, keys and values, and has no setting for it. */
function readBias(fields: Fields, kind: LlamaKind): LlamaConfig['bias'] {
  const attention = kind === 'qwen2' ? false : fields.flag('attention_bias', false)
  return {
    qkv: kind === 'qwen2' || attention,
    output: attention,
    mlp: kind === 'llama' && fields.flag('mlp_bias', false),
  }
}

/** Layers that see the last positions only. */
function refuseWindows(fields: Fields): void {
  const types = fields.json['layer_types']
  const listed = Array.isArray(types) && types.some((type) => type !== 'full_attention')
  if (listed || (types == null && fields.json['use_sliding_window'] === true)) {
    fields.problem('layer_types', 'has layers with a sliding window, which are not supported.')
  }
}

/** Which ids begin, fill and end texts, by the language model's own part of config.json. */
export function readLlamaTokens(fields: Fields): {
  readonly bos: number
  readonly pad: number
  readonly stop: number[]
} {
  const stop = fields.ids('eos_token_id', 2)
  return {
    bos: fields.id('bos_token_id', 1),
    // Only equally long rows run together, so what is never looked at may be any id.
    pad: fields.json['pad_token_id'] == null ? stop[0]! : fields.id('pad_token_id', 0),
    stop,
  }
}

/**
 * The ids that end and fill answers, of a model whose `generate` takes them from generation_config.json
 * where they are there.
 *
 * @param text the language model's own part of config.json.
 */
export function readAnswerTokens(
  folder: string,
  text: Fields,
  kind: LlamaKind,
  problems: string[],
): { readonly pad: number; readonly stop: number[] } {
  const json = readJson(folder, GENERATION_FILE, problems) ?? {}
  const generation = new Fields(json, `${GENERATION_FILE}: `, problems)
  const source = json['eos_token_id'] == null ? text : generation
  if (source.json['eos_token_id'] == null && kind !== 'llama') {
    source.problem('eos_token_id', 'is missing; no id would end an answer.')
  }
  const stop = source.ids('eos_token_id', 2)
  const pad = json['pad_token_id'] == null ? text : generation
  return {
    // Only equally long rows run together, so what is never looked at may be any id.
    pad: pad.json['pad_token_id'] == null ? stop[0]! : pad.id('pad_token_id', 0),
    stop,
  }
}

/** `rope_parameters` has all of it; in older files `rope_theta` and `rope_scaling` are apart. */
function readRotary(fields: Fields, headDim: number): RotaryConfig {
  const name = fields.json['rope_parameters'] == null ? 'rope_scaling' : 'rope_parameters'
  const section = fields.section(name)
  const theta = section.number('rope_theta', fields.number('rope_theta', THETA))
  const key = section.json['rope_type'] == null ? 'type' : 'rope_type'
  const type = section.choice(key, 'default', ['default', 'linear', 'llama3'])
  const factor = type === 'default' ? 1 : section.number('factor', 1)
  if (theta <= 0 || factor < 1) {
    fields.problem(name, 'has a theta or a factor out of range.')
  }
  return { headDim, theta, scaling: scalingOf(section, type, factor) }
}

function scalingOf(
  section: Fields,
  type: RotaryConfig['scaling']['type'],
  factor: number,
): RotaryConfig['scaling'] {
  switch (type) {
    case 'default':
      return { type }
    case 'linear':
      return { type, factor }
    case 'llama3': {
      const low = section.number('low_freq_factor', 1)
      const high = section.number('high_freq_factor', 4)
      if (high <= low) {
        section.problem('high_freq_factor', `is ${high}, not above low_freq_factor ${low}.`)
      }
      return {
        type,
        factor,
        low,
        high,
        context: section.count('original_max_position_embeddings', 8192),
      }
    }
    default:
      return type satisfies never
  }
}

/**
 * Reads the `text_config` of a Llama. Defaults are those of transformers 5.18, LlamaConfig
 * (models/llama/configuration_llama.py).
 */

import { ACTIVATIONS } from '../../blocks/activations.ts'
import type { RotaryConfig } from '../../blocks/decoder/rotary.ts'
import type { Fields } from '../common/read-json.ts'
import { type LanguageConfig, MAX_LAYERS } from './language-config.ts'

const MODULE = 'language_model.model'
const THETA = 10_000

export function readLlama(fields: Fields): LanguageConfig {
  const hidden = fields.count('hidden_size', 4096)
  const heads = fields.count('num_attention_heads', 32)
  const kvHeads = fields.count('num_key_value_heads', heads)
  const headDim = fields.count('head_dim', Math.max(1, Math.floor(hidden / heads)))
  if (heads % kvHeads !== 0) {
    fields.problem('num_key_value_heads', `is ${kvHeads}, which does not divide ${heads} heads.`)
  }
  if (headDim % 2 !== 0) {
    fields.problem('head_dim', `is ${headDim}; rotary positions need an even number.`)
  }
  const attentionBias = fields.flag('attention_bias', false)
  const stop = fields.ids('eos_token_id', 2)
  return {
    model: {
      kind: 'llama',
      vocab: fields.count('vocab_size', 32_000),
      hidden,
      intermediate: fields.count('intermediate_size', 11_008),
      layers: fields.count('num_hidden_layers', 32, MAX_LAYERS),
      heads,
      kvHeads,
      headDim,
      maxPositions: fields.count('max_position_embeddings', 2048),
      activation: fields.choice('hidden_act', 'silu', ACTIVATIONS),
      epsilon: fields.number('rms_norm_eps', 1e-6),
      rotary: readRotary(fields, headDim),
      bias: { qkv: attentionBias, output: attentionBias, mlp: fields.flag('mlp_bias', false) },
      module: MODULE,
      embedTensor: `${MODULE}.embed_tokens.weight`,
      headTensor: 'language_model.lm_head.weight',
    },
    tokens: {
      bos: fields.id('bos_token_id', 1),
      // Only equally long rows run together, so what is never looked at may be any id.
      pad: fields.json['pad_token_id'] == null ? stop[0]! : fields.id('pad_token_id', 0),
      stop,
    },
    tied: fields.flag('tie_word_embeddings', false),
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

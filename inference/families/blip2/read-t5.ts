/**
 * Reads the `text_config` of a T5. Defaults are those of transformers 5.18, T5Config
 * (models/t5/configuration_t5.py).
 */

import { ACTIVATIONS } from '../../blocks/activations.ts'
import type { Activation } from '../../blocks/activations.ts'
import type { Fields } from '../common/read-json.ts'
import type { LanguageConfig } from './language-config.ts'
import { MAX_LAYERS } from '../common/read-json.ts'

const EMBED_TENSOR = 'language_model.shared.weight'
const HEAD_TENSOR = 'language_model.lm_head.weight'

/** T5's positions are relative, so this is a limit of memory: as long as OPT's. */
const MAX_POSITIONS = 2048

/** Half of an encoder's buckets are for each direction, and half of those for single distances. */
const LEAST_BUCKETS = 4

export function readT5(fields: Fields): LanguageConfig {
  const layers = fields.count('num_layers', 6, MAX_LAYERS)
  const buckets = fields.count('relative_attention_num_buckets', 32)
  const maxDistance = fields.count('relative_attention_max_distance', 128)
  if (buckets < LEAST_BUCKETS || buckets % 2 === 1 || maxDistance <= buckets / 2) {
    fields.problem(
      'relative_attention_num_buckets',
      `is ${buckets}; an even number from ${LEAST_BUCKETS} to below twice relative_attention_max_distance (${maxDistance}) is needed.`,
    )
  }
  const decoderStart = fields.id('decoder_start_token_id', 0)
  return {
    type: 't5',
    model: {
      kind: 't5',
      vocab: fields.count('vocab_size', 32128),
      hidden: fields.count('d_model', 512),
      intermediate: fields.count('d_ff', 2048),
      encoderLayers: layers,
      layers: fields.count('num_decoder_layers', layers, MAX_LAYERS),
      heads: fields.count('num_heads', 8),
      headDim: fields.count('d_kv', 64),
      ...readActivation(fields),
      epsilon: fields.number('layer_norm_epsilon', 1e-6),
      buckets,
      maxDistance,
      scaleLogits: readScaling(fields),
      maxPositions: MAX_POSITIONS,
      embedTensor: EMBED_TENSOR,
      headTensor: HEAD_TENSOR,
    },
    tokens: {
      bos: fields.id('bos_token_id', 1),
      pad: fields.id('pad_token_id', 0),
      stop: fields.ids('eos_token_id', 1),
      decoderStart,
    },
    tied: fields.flag('tie_word_embeddings', true),
  }
}

/** `feed_forward_proj` is `ACTIVATION` or `gated-ACTIVATION`; `dense_act_fn` wins where it is written. */
function readActivation(fields: Fields): { activation: Activation; gated: boolean } {
  const projection = fields.json['feed_forward_proj'] ?? 'relu'
  const gated = typeof projection === 'string' && projection.startsWith('gated-')
  const name = typeof projection === 'string' ? projection.replace(/^gated-/, '') : ''
  const implied = projection === 'gated-gelu' ? 'gelu_new' : name
  const known = ACTIVATIONS.find((one) => one === implied)
  if (known === undefined) {
    fields.problem('feed_forward_proj', `is ${JSON.stringify(projection)}, which is not supported.`)
  }
  return { gated, activation: fields.choice('dense_act_fn', known ?? 'relu', ACTIVATIONS) }
}

/** Newer files say it; in older ones T5 1.1 and Flan-T5 are those whose embeddings are not tied. */
function readScaling(fields: Fields): boolean {
  return fields.flag('scale_decoder_outputs', fields.json['tie_word_embeddings'] !== false)
}

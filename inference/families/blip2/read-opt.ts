/**
 * Reads the `text_config` of an OPT. Defaults are those of transformers 5.18, OPTConfig
 * (models/opt/configuration_opt.py).
 */

import { ACTIVATIONS } from '../../blocks/activations.ts'
import type { Fields } from '../common/read-json.ts'
import { checkHeads, MAX_LAYERS } from '../common/read-json.ts'
import type { LanguageConfig } from './language-config.ts'

const EMBED_TENSOR = 'language_model.model.decoder.embed_tokens.weight'
const HEAD_TENSOR = 'language_model.lm_head.weight'

export function readOpt(fields: Fields): LanguageConfig {
  const hidden = fields.count('hidden_size', 768)
  const normBefore = fields.flag('do_layer_norm_before', true)
  const model = {
    kind: 'opt' as const,
    vocab: fields.count('vocab_size', 50272),
    hidden,
    intermediate: fields.count('ffn_dim', 3072),
    layers: fields.count('num_hidden_layers', 12, MAX_LAYERS),
    heads: fields.count('num_attention_heads', 12),
    maxPositions: fields.count('max_position_embeddings', 2048),
    embed: fields.count('word_embed_proj_dim', hidden),
    normBefore,
    finalNorm: normBefore && !fields.flag('_remove_final_layer_norm', false),
    bias: fields.flag('enable_bias', true),
    affine: fields.flag('layer_norm_elementwise_affine', true),
    activation: fields.choice('activation_function', 'relu', ACTIVATIONS),
    embedTensor: EMBED_TENSOR,
    headTensor: HEAD_TENSOR,
  }
  checkHeads(fields, model)
  if (model.embed > hidden) {
    fields.problem(
      'word_embed_proj_dim',
      `is ${model.embed}, wider than hidden_size ${hidden}; transformers cannot place image tokens there either.`,
    )
  }
  return {
    type: 'opt',
    model,
    tokens: {
      bos: fields.id('bos_token_id', 2),
      pad: fields.json['pad_token_id'] === null ? 1 : fields.id('pad_token_id', 1),
      stop: fields.ids('eos_token_id', 2),
    },
    tied: fields.flag('tie_word_embeddings', true),
  }
}

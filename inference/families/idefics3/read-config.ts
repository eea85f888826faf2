/**
 * Reads a checkpoint's `config.json`: its shape, or every reason why it cannot be converted.
 *
 * Defaults are those of transformers 5.18, Idefics3Config and Idefics3VisionConfig
 * (models/idefics3/configuration_idefics3.py); SmolVLM's are the same. Of the language model, see
 * common/read-llama.ts.
 */

import { ACTIVATIONS } from '../../blocks/activations.ts'
import { siglip } from '../../blocks/vision/vit-settings.ts'
import { visionTokens } from '../../blocks/vision/vit.ts'
import type { VisionConfig } from '../../blocks/vision/vit.ts'
import { checkArchitecture, checkQuantization } from '../common/architecture.ts'
import type { WeightIndex } from '../common/family.ts'
import { checkHeads, Fields, MAX_LAYERS, readJson } from '../common/read-json.ts'
import { LLAMA_KINDS, type LlamaKind, readAnswerTokens, readLlama } from '../common/read-llama.ts'
import type { ProjectedConfig } from '../common/projected/graphs.ts'
import { resolveTied } from '../common/ties.ts'
import type { Idefics3Card, Kind } from './card.ts'

const CONFIG_FILE = 'config.json'
const ARCHITECTURES = {
  idefics3: ['Idefics3ForConditionalGeneration'],
  smolvlm: ['SmolVLMForConditionalGeneration'],
} as const

const TOWER = 'model.vision_model'
const PROJECTOR = 'model.connector.modality_projection.proj'
const LANGUAGE = 'model.text_model'
const HEAD = 'lm_head.weight'

/** Of the language model where there is no `text_config` at all; where there is one, a Llama's default holds. */
const EPSILON_ALONE = 1e-5

export type CheckpointConfig = {
  readonly language: LlamaKind
  readonly imageSize: number
  readonly vocab: number
  readonly tokens: Idefics3Card['tokens']
  /** @param weights null where there are none yet. */
  model(weights: WeightIndex | null): ProjectedConfig
}

/** Null, with the reasons in `problems`, where the checkpoint is not one we convert. */
export function readConfig(
  folder: string,
  kind: Kind,
  problems: string[],
): CheckpointConfig | null {
  const before = problems.length
  const json = readJson(folder, CONFIG_FILE, problems)
  if (json === null) {
    return null
  }
  const fields = new Fields(json, `${CONFIG_FILE}: `, problems)
  checkArchitecture(fields, ARCHITECTURES[kind])
  checkQuantization(fields)
  const text = fields.section('text_config')
  const language = text.choice('model_type', 'llama', LLAMA_KINDS)
  const model = modelOf(fields, language, null)
  const tokens = {
    ...readAnswerTokens(folder, text, language, problems),
    image: fields.id('image_token_id', 128_257),
  }
  if (problems.length > before) {
    return null
  }
  return {
    language,
    imageSize: model.vision.imageSize,
    vocab: model.text.vocab,
    tokens,
    model: (weights) => modelOf(new Fields(json, `${CONFIG_FILE}: `, []), language, weights),
  }
}

function modelOf(
  fields: Fields,
  language: LlamaKind,
  weights: WeightIndex | null,
): ProjectedConfig {
  const vision = readVision(fields)
  const section = fields.section('text_config')
  const own = readLlama(section, { module: LANGUAGE, headTensor: HEAD }, language)
  const text = fields.json['text_config'] == null ? { ...own, epsilon: EPSILON_ALONE } : own
  const tied =
    fields.flag('tie_word_embeddings', false) || section.flag('tie_word_embeddings', false)
  const shuffle = fields.count('scale_factor', 2)
  if (Math.floor(vision.imageSize / vision.patchSize) % shuffle !== 0) {
    fields.problem('scale_factor', `is ${shuffle}, which does not divide the patches of a side.`)
  }
  return {
    vision,
    projector: {
      tokens: visionTokens(vision),
      width: vision.hidden,
      shuffle,
      embed: text.hidden,
      modules: [PROJECTOR],
      bias: false,
      activation: 'gelu',
    },
    text: { ...text, ...resolveTied(text, tied, weights) },
  }
}

/**
 * A SigLIP whose last state is normalized. Its positions are those of the patches in order: the reference
 * computes them from fractions of the side, which gives the same for every published model, and for other
 * numbers of patches, such as 25 a side, is off by one in ways that depend on the processor.
 */
function readVision(fields: Fields): VisionConfig {
  const section = fields.section('vision_config')
  const config = {
    ...siglip(TOWER),
    hidden: section.count('hidden_size', 1152),
    intermediate: section.count('intermediate_size', 3072),
    layers: section.count('num_hidden_layers', 12, MAX_LAYERS),
    heads: section.count('num_attention_heads', 16),
    imageSize: section.count('image_size', 224),
    patchSize: section.count('patch_size', 32),
    activation: section.choice('hidden_act', 'gelu_pytorch_tanh', ACTIVATIONS),
    epsilon: section.number('layer_norm_eps', 1e-6),
    qkvBias: true,
    states: null,
    dropsFirst: false,
  }
  checkHeads(section, config)
  if (config.patchSize > config.imageSize) {
    section.problem('patch_size', `is ${config.patchSize}, larger than the image.`)
  }
  return config
}

/**
 * Reads a checkpoint's `config.json`: its shape, or every reason why it cannot be converted.
 *
 * Defaults are those of transformers 5.18: LlavaConfig (models/llava/configuration_llava.py), CLIPVisionConfig,
 * SiglipVisionConfig; of the language model, see common/read-llama.ts.
 */

import { ACTIVATIONS } from '../../blocks/activations.ts'
import { clip, siglip } from '../../blocks/vision/vit-settings.ts'
import { visionTokens, visionWidth } from '../../blocks/vision/vit.ts'
import type { VisionConfig } from '../../blocks/vision/vit.ts'
import { checkArchitecture, checkQuantization } from '../common/architecture.ts'
import type { WeightIndex } from '../common/family.ts'
import { checkHeads, Fields, MAX_LAYERS, readJson } from '../common/read-json.ts'
import { LLAMA_KINDS, type LlamaKind, readAnswerTokens, readLlama } from '../common/read-llama.ts'
import type { ProjectedConfig } from '../common/projected/graphs.ts'
import { resolveTied } from '../common/ties.ts'
import type { LlavaCard } from './card.ts'

const CONFIG_FILE = 'config.json'
const ARCHITECTURES = ['LlavaForConditionalGeneration']

/**
 * What the names of tensors begin with, as transformers has saved them: until 4.52, since, and as
 * 5 does where it reverses its renaming.
 */
const TOWERS = [
  'vision_tower.vision_model',
  'vision_tower',
  'model.vision_tower.vision_model',
  'model.vision_tower',
]
const PROJECTORS = ['multi_modal_projector', 'model.multi_modal_projector']
const LANGUAGES = ['language_model.model', 'model.language_model', 'language_model']
const HEADS = ['language_model.lm_head.weight', 'lm_head.weight']

/** LLaVA 1.5's, where config.json has no `vision_config`. */
const DEFAULT_TOWER = {
  model_type: 'clip_vision_model',
  intermediate_size: 4096,
  hidden_size: 1024,
  patch_size: 14,
  image_size: 336,
  num_hidden_layers: 24,
  num_attention_heads: 16,
}

const TOWER_KINDS = ['clip_vision_model', 'siglip_vision_model'] as const

export type CheckpointConfig = {
  readonly tower: 'clip' | 'siglip'
  readonly language: LlamaKind
  readonly imageSize: number
  readonly vocab: number
  readonly tokens: LlavaCard['tokens']
  /** @param weights null where there are none yet: then names are the oldest. */
  model(weights: WeightIndex | null): ProjectedConfig
}

/** Null, with the reasons in `problems`, where the checkpoint is not one we convert. */
export function readConfig(folder: string, problems: string[]): CheckpointConfig | null {
  const before = problems.length
  const json = readJson(folder, CONFIG_FILE, problems)
  if (json === null) {
    return null
  }
  const fields = new Fields(json, `${CONFIG_FILE}: `, problems)
  checkArchitecture(fields, ARCHITECTURES)
  checkQuantization(fields)
  const text = fields.section('text_config')
  const language = text.choice('model_type', 'llama', LLAMA_KINDS)
  const [model, vision] = [modelOf(fields, language, null), towerOf(fields)]
  const imageId = json['image_token_index'] == null ? 'image_token_id' : 'image_token_index'
  const tokens = {
    ...readAnswerTokens(folder, text, language, problems),
    image: fields.id(imageId, 32_000),
  }
  if (problems.length > before) {
    return null
  }
  return {
    tower: vision.kind === 'clip_vision_model' ? 'clip' : 'siglip',
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
  const among = (prefixes: readonly string[], tensor: string) =>
    prefixes.find((prefix) => weights?.has(prefix + tensor)) ?? prefixes[0]!
  const vision = readVision(fields, among(TOWERS, '.embeddings.position_embedding.weight'))
  const projector = among(PROJECTORS, '.linear_1.weight')
  const section = fields.section('text_config')
  const text = readLlama(
    section,
    { module: among(LANGUAGES, '.norm.weight'), headTensor: among(HEADS, '') },
    language,
  )
  const tied =
    fields.flag('tie_word_embeddings', false) || section.flag('tie_word_embeddings', false)
  return {
    vision,
    projector: {
      tokens: visionTokens(vision),
      width: visionWidth(vision),
      embed: text.hidden,
      modules: [`${projector}.linear_1`, `${projector}.linear_2`],
      bias: fields.flag('multimodal_projector_bias', true),
      activation: fields.choice('projector_hidden_act', 'gelu', ACTIVATIONS),
    },
    text: { ...text, ...resolveTied(text, tied, weights) },
  }
}

function towerOf(fields: Fields): {
  readonly section: Fields
  readonly kind: (typeof TOWER_KINDS)[number]
} {
  const section =
    fields.json['vision_config'] == null
      ? new Fields(DEFAULT_TOWER, 'vision_config.', [])
      : fields.section('vision_config')
  return { section, kind: section.choice('model_type', 'clip_vision_model', TOWER_KINDS) }
}

function readVision(fields: Fields, module: string): VisionConfig {
  const { section, kind } = towerOf(fields)
  const isClip = kind === 'clip_vision_model'
  const all = section.count('num_hidden_layers', 12, MAX_LAYERS)
  const states = readStates(fields, all)
  const config = {
    ...(isClip ? clip(module) : siglip(module)),
    hidden: section.count('hidden_size', 768),
    intermediate: section.count('intermediate_size', 3072),
    layers: Math.max(1, ...states),
    heads: section.count('num_attention_heads', 12),
    imageSize: section.count('image_size', 224),
    patchSize: section.count('patch_size', isClip ? 32 : 16),
    activation: section.choice(
      'hidden_act',
      isClip ? 'quick_gelu' : 'gelu_pytorch_tanh',
      ACTIVATIONS,
    ),
    epsilon: section.number('layer_norm_eps', isClip ? 1e-5 : 1e-6),
    qkvBias: true,
    states,
    dropsFirst:
      fields.choice('vision_feature_select_strategy', 'default', ['default', 'full']) === 'default',
  }
  checkHeads(section, config)
  if (config.patchSize > config.imageSize) {
    section.problem('patch_size', `is ${config.patchSize}, larger than the image.`)
  }
  return config
}

/** `vision_feature_layer` counts from the embeddings, 0, or from the last layer, -1; or is a list of such. */
function readStates(fields: Fields, layers: number): number[] {
  const value = fields.json['vision_feature_layer'] ?? -2
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  const states = list.map((one) =>
    typeof one === 'number' && Number.isInteger(one) && one < 0 ? one + layers + 1 : one,
  )
  const isState = (one: unknown): one is number =>
    typeof one === 'number' && Number.isInteger(one) && one >= 0 && one <= layers
  if (states.length === 0 || !states.every(isState)) {
    fields.problem(
      'vision_feature_layer',
      `is ${JSON.stringify(value)}; the vision tower has ${layers} layers.`,
    )
    return [layers]
  }
  return states
}

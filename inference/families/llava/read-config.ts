/**
 * Reads the `config.json` of a LLaVA or LLaVA-OneVision: its shape, or every reason why it cannot be converted.
 *
 * Defaults are those of transformers 5.18: LlavaConfig (models/llava/configuration_llava.py), LlavaOnevisionConfig
 * (models/llava_onevision/configuration_llava_onevision.py), CLIPVisionConfig, SiglipVisionConfig; of the language model, see common/read-llama.ts.
 */

import { ACTIVATIONS } from '../../blocks/activations.ts'
import { clip, siglip } from '../../blocks/vision/vit-settings.ts'
import { visionTokens, visionWidth } from '../../blocks/vision/vit.ts'
import type { VisionConfig } from '../../blocks/vision/vit.ts'
import { readVision as readBlip2Vision } from '../blip2/read-parts.ts'
import { checkArchitecture, checkQuantization } from '../common/architecture.ts'
import type { WeightIndex } from '../common/family.ts'
import { checkHeads, Fields, type Json, MAX_LAYERS, readJson } from '../common/read-json.ts'
import { LLAMA_KINDS, type LlamaKind, readAnswerTokens, readLlama } from '../common/read-llama.ts'
import type { ProjectedConfig } from '../common/projected/graphs.ts'
import { resolveTied } from '../common/ties.ts'
import type { LlavaCard } from './card.ts'

const CONFIG_FILE = 'config.json'

/** The families that are read here: both have the same parts. */
export type Kind = 'llava' | 'llava-onevision'

/**
 * transformers' LLaVA has the first two. The third, a BLIP-2's tower, is of the checkpoints that this project trains
 * (training/export_llava.py): of that one the state behind its last norm is taken.
 */
const TOWER_KINDS = ['clip_vision_model', 'siglip_vision_model', 'blip_2_vision_model'] as const
type TowerKind = (typeof TOWER_KINDS)[number]
const TOWERS_IN_SHORT = {
  clip_vision_model: 'clip',
  siglip_vision_model: 'siglip',
  blip_2_vision_model: 'blip',
} as const

/** What transformers takes where config.json says nothing. */
type Defaults = {
  readonly architecture: string
  /** Where there is no `vision_config`. */
  readonly tower: Json
  readonly towerKind: TowerKind
  readonly language: LlamaKind
  readonly layer: number
  readonly strategy: 'default' | 'full'
  readonly image: number
  /** Where a checkpoint may have the row that ends a line of patches; null: it has none. */
  readonly lineEnds: readonly string[] | null
}

const DEFAULTS: Readonly<Record<Kind, Defaults>> = {
  llava: {
    architecture: 'LlavaForConditionalGeneration',
    tower: {
      model_type: 'clip_vision_model',
      intermediate_size: 4096,
      hidden_size: 1024,
      patch_size: 14,
      image_size: 336,
      num_hidden_layers: 24,
      num_attention_heads: 16,
    },
    towerKind: 'clip_vision_model',
    language: 'llama',
    layer: -2,
    strategy: 'default',
    image: 32_000,
    lineEnds: null,
  },
  'llava-onevision': {
    architecture: 'LlavaOnevisionForConditionalGeneration',
    tower: {
      model_type: 'siglip_vision_model',
      intermediate_size: 4304,
      hidden_size: 1152,
      patch_size: 14,
      image_size: 384,
      num_hidden_layers: 26,
      num_attention_heads: 16,
    },
    towerKind: 'siglip_vision_model',
    language: 'qwen2',
    layer: -1,
    strategy: 'full',
    image: 151_646,
    lineEnds: ['image_newline', 'model.image_newline'],
  },
}

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

export type CheckpointConfig = {
  readonly tower: (typeof TOWERS_IN_SHORT)[TowerKind]
  readonly language: LlamaKind
  readonly imageSize: number
  readonly vocab: number
  readonly tokens: LlavaCard['tokens']
  /** @param weights null where there are none yet: then names are the oldest. */
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
  const defaults = DEFAULTS[kind]
  checkArchitecture(fields, [defaults.architecture])
  checkQuantization(fields)
  const text = fields.section('text_config')
  const language = text.choice('model_type', defaults.language, LLAMA_KINDS)
  const model = modelOf(fields, defaults, language, null)
  const tower = towerOf(fields, defaults)
  const imageId = json['image_token_index'] == null ? 'image_token_id' : 'image_token_index'
  const tokens = {
    ...readAnswerTokens(folder, text, language, problems),
    image: fields.id(imageId, defaults.image),
  }
  if (problems.length > before) {
    return null
  }
  return {
    tower: TOWERS_IN_SHORT[tower.kind],
    language,
    imageSize: model.vision.imageSize,
    vocab: model.text.vocab,
    tokens,
    model: (weights) =>
      modelOf(new Fields(json, `${CONFIG_FILE}: `, []), defaults, language, weights),
  }
}

function modelOf(
  fields: Fields,
  defaults: Defaults,
  language: LlamaKind,
  weights: WeightIndex | null,
): ProjectedConfig {
  const among = (prefixes: readonly string[], tensor: string) =>
    prefixes.find((prefix) => weights?.has(prefix + tensor)) ?? prefixes[0]!
  const vision = readVision(fields, defaults, among)
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
      ...(defaults.lineEnds && { endTensor: among(defaults.lineEnds, '') }),
    },
    text: { ...text, ...resolveTied(text, tied, weights) },
  }
}

function towerOf(
  fields: Fields,
  { tower, towerKind }: Defaults,
): {
  readonly section: Fields
  readonly kind: TowerKind
} {
  const section =
    fields.json['vision_config'] == null
      ? new Fields(tower, 'vision_config.', [])
      : fields.section('vision_config')
  return { section, kind: section.choice('model_type', towerKind, TOWER_KINDS) }
}

/** @param among chooses of the names that modules have had. */
function readVision(
  fields: Fields,
  defaults: Defaults,
  among: (prefixes: readonly string[], tensor: string) => string,
): VisionConfig {
  const { section, kind } = towerOf(fields, defaults)
  const dropsFirst =
    fields.choice('vision_feature_select_strategy', defaults.strategy, ['default', 'full']) ===
    'default'
  if (kind === 'blip_2_vision_model') {
    if (fields.json['vision_feature_layer'] !== -1) {
      fields.problem('vision_feature_layer', 'is not -1, the only state of a BLIP-2 tower.')
    }
    return {
      ...readBlip2Vision(section, among(TOWERS, '.embeddings.position_embedding')),
      dropsFirst,
    }
  }
  const module = among(TOWERS, '.embeddings.position_embedding.weight')
  const isClip = kind === 'clip_vision_model'
  const all = section.count('num_hidden_layers', 12, MAX_LAYERS)
  const states = readStates(fields, all, defaults.layer)
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
    dropsFirst,
  }
  checkHeads(section, config)
  if (config.patchSize > config.imageSize) {
    section.problem('patch_size', `is ${config.patchSize}, larger than the image.`)
  }
  return config
}

/** `vision_feature_layer` counts from the embeddings, 0, or from the last layer, -1; or is a list of such. */
function readStates(fields: Fields, layers: number, usual: number): number[] {
  const value = fields.json['vision_feature_layer'] ?? usual
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

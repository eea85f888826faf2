/**
 * Reads a checkpoint's `config.json`: its shape, or every reason why it cannot be converted.
 *
 * Defaults are those of transformers 5.18: Blip2Config, Blip2VisionConfig, Blip2QFormerConfig
 * (models/blip_2/configuration_blip_2.py); of the language models, see read-opt.ts and read-t5.ts.
 */

import { z } from 'zod'
import { ACTIVATIONS } from '../../blocks/activations.ts'
import type { QformerConfig } from '../../blocks/bridge/qformer.ts'
import { stemStride } from '../../blocks/vision/conv-stem.ts'
import type { StemLayer } from '../../blocks/vision/conv-stem.ts'
import type { VisionConfig } from '../../blocks/vision/eva-vit.ts'
import type { Blip2Config } from './config.ts'
import type { Blip2Card } from './card.ts'
import { checkHeads, type LanguageConfig, MAX_LAYERS } from './language-config.ts'
import { readOpt } from './read-opt.ts'
import { readT5 } from './read-t5.ts'
import { Fields, isObject, readJson } from '../common/read-json.ts'
import type { WeightIndex } from '../common/family.ts'

const CONFIG_FILE = 'config.json'

/** The classes whose weights are those of Blip2ForConditionalGeneration. */
const ARCHITECTURES = ['Blip2ForConditionalGeneration', 'Blip2Model']

const side = z.int().min(1).max(4096)
/** [channels, kernel, stride] of each convolution. */
const stemSchema = z.array(z.tuple([side, side.refine((kernel) => kernel % 2 === 1), side])).min(1)

/** Where older files of a T5 have its embeddings, when not once for both of its parts. */
const EMBED_COPIES = ['encoder', 'decoder'].map(
  (part) => `language_model.${part}.embed_tokens.weight`,
)

export type CheckpointConfig = {
  readonly model: Blip2Config
  readonly tokens: Blip2Card['tokens']
  /** config.json wants the logits made by the token embeddings. */
  readonly tied: boolean
}

/** Null, with the reasons in `problems`, where the checkpoint is not one we convert. */
export function readConfig(folder: string, problems: string[]): CheckpointConfig | null {
  const before = problems.length
  const json = readJson(folder, CONFIG_FILE, problems)
  if (json === null) {
    return null
  }
  const fields = new Fields(json, `${CONFIG_FILE}: `, problems)
  checkArchitecture(fields)
  checkQuantization(fields)
  const text = readText(fields.section('text_config'))
  const config = {
    model: {
      vision: readVision(fields.section('vision_config')),
      qformer: readQformer(fields.section('qformer_config'), fields.count('num_query_tokens', 32)),
      text: text.model,
    },
    tokens: { ...text.tokens, image: readImageToken(fields) },
    tied: text.tied,
  }
  return problems.length === before ? config : null
}

/**
 * Decides which tensors embed tokens and make the logits.
 *
 * @param weights null where there are none yet: then they are tied as config.json says.
 */
export function resolveTies(config: CheckpointConfig, weights: WeightIndex | null): Blip2Config {
  const { model } = config
  // A T5's are tied whatever config.json says, unless the weights have another head.
  const tied = config.tied || (model.text.kind === 't5' && weights !== null)
  let { embedTensor, headTensor } = model.text
  if (weights !== null && !weights.has(embedTensor)) {
    embedTensor = EMBED_COPIES.find((copy) => weights.has(copy)) ?? embedTensor
  }
  const has = (tensor: string) => (weights === null ? !tied : weights.has(tensor))
  if (tied && !has(headTensor)) {
    headTensor = embedTensor
  } else if (tied && !has(embedTensor)) {
    embedTensor = headTensor
  } else if (weights?.equal(embedTensor, headTensor)) {
    headTensor = embedTensor
  }
  return { ...model, text: { ...model.text, embedTensor, headTensor } }
}

function checkArchitecture(fields: Fields): void {
  const { architectures } = fields.json
  const names = Array.isArray(architectures) ? architectures.map(String) : []
  for (const name of names.filter((one) => !ARCHITECTURES.includes(one))) {
    const why = name === 'Blip2ForImageTextRetrieval' ? ' (image-text matching)' : ''
    fields.problem('architectures', `names ${name}${why}; supported is ${ARCHITECTURES[0]}.`)
  }
}

function checkQuantization(fields: Fields): void {
  const whole = fields.json['quantization_config']
  for (const section of [fields.json, fields.json['text_config']]) {
    if (isObject(section) && isObject(section['quantization_config'] ?? whole)) {
      fields.problem('quantization_config', 'says that the weights are quantized already.')
      return
    }
  }
}

function readVision(fields: Fields): VisionConfig {
  const config = {
    hidden: fields.count('hidden_size', 1408),
    intermediate: fields.count('intermediate_size', 6144),
    layers: fields.count('num_hidden_layers', 39, MAX_LAYERS),
    heads: fields.count('num_attention_heads', 16),
    imageSize: fields.count('image_size', 224),
    patchSize: fields.count('patch_size', 14),
    activation: fields.choice('hidden_act', 'gelu', ACTIVATIONS),
    epsilon: fields.number('layer_norm_eps', 1e-6),
    qkvBias: fields.flag('qkv_bias', true),
    ...readStem(fields),
  }
  checkHeads(fields, config)
  checkStem(fields, config)
  if (config.patchSize > config.imageSize) {
    fields.problem('patch_size', `is ${config.patchSize}, larger than the image.`)
  }
  return config
}

/** `stem`, which transformers does not know: a list of [channels, kernel, stride]. */
function readStem(fields: Fields): { readonly stem?: readonly StemLayer[] } {
  const value = fields.json['stem']
  if (value === undefined || value === null) {
    return {}
  }
  const layers = stemSchema.safeParse(value)
  if (!layers.success) {
    fields.problem('stem', 'is not a list of [channels, odd kernel, stride], each above 0.')
    return {}
  }
  return { stem: layers.data.map(([channels, kernel, stride]) => ({ channels, kernel, stride })) }
}

function checkStem(fields: Fields, { stem, hidden, patchSize, imageSize }: VisionConfig): void {
  if (stem === undefined) {
    return
  }
  const width = stem.at(-1)!.channels
  if (width !== hidden) {
    fields.problem('stem', `ends with ${width} channels; hidden_size is ${hidden}.`)
  }
  if (stemStride(stem) !== patchSize || imageSize % patchSize !== 0) {
    const stride = `has a stride of ${stemStride(stem)} in all`
    fields.problem(
      'stem',
      `${stride}; patch_size ${patchSize} and image_size ${imageSize} need another.`,
    )
  }
}

function readQformer(fields: Fields, queries: number): QformerConfig {
  const config = {
    queries,
    hidden: fields.count('hidden_size', 768),
    intermediate: fields.count('intermediate_size', 3072),
    layers: fields.count('num_hidden_layers', 12, MAX_LAYERS),
    heads: fields.count('num_attention_heads', 12),
    crossFrequency: fields.count('cross_attention_frequency', 2),
    activation: fields.choice('hidden_act', 'gelu', ACTIVATIONS),
    epsilon: fields.number('layer_norm_eps', 1e-12),
  }
  checkHeads(fields, config)
  fields.choice('position_embedding_type', 'absolute', ['absolute'])
  return config
}

/** @returns what the language model's own file reads, and whether its embeddings are tied. */
function readText(fields: Fields): LanguageConfig {
  const type = fields.json['model_type'] ?? 'opt'
  if (type === 't5') {
    return readT5(fields)
  }
  if (type !== 'opt') {
    fields.problem(
      'model_type',
      `is ${JSON.stringify(type)}; supported language models are "opt" and "t5".`,
    )
    return readOpt(new Fields({}, '', []))
  }
  return readOpt(fields)
}

/** Older checkpoints have no image token; transformers put the image first by itself then. */
function readImageToken(fields: Fields): number | null {
  const name =
    fields.json['image_token_index'] === undefined ? 'image_token_id' : 'image_token_index'
  return fields.json[name] == null ? null : fields.id(name, 0)
}

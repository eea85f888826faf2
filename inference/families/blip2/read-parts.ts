/**
 * Reads the parts of a `config.json` that all models with a ViT-g and a Q-Former have.
 *
 * Defaults are those of transformers 5.18: Blip2VisionConfig, Blip2QFormerConfig
 * (models/blip_2/configuration_blip_2.py).
 */

import { z } from 'zod'
import { ACTIVATIONS } from '../../blocks/activations.ts'
import type { QformerConfig } from '../../blocks/bridge/qformer-layers.ts'
import type { TextQformerConfig } from '../../blocks/bridge/text-qformer.ts'
import { stemStride } from '../../blocks/vision/conv-stem.ts'
import type { Stem } from '../../blocks/vision/conv-stem.ts'
import { EVA } from '../../blocks/vision/vit-settings.ts'
import type { VisionConfig } from '../../blocks/vision/vit.ts'
import type { Fields } from '../common/read-json.ts'
import { checkHeads, MAX_LAYERS } from '../common/read-json.ts'

const side = z.int().min(1).max(4096)
/** [expansion, kernel, stride, channels, blocks] of each stage. */
const stage = z
  .tuple([
    side,
    side.refine((kernel) => kernel % 2 === 1),
    side,
    side,
    z.int().min(1).max(MAX_LAYERS),
  ])
  .refine(([, kernel, stride]) => kernel >= stride)
const stemSchema = z
  .object({ channels: side, stages: z.array(stage).min(1), fine: z.int().min(1) })
  .refine(({ stages, fine }) => fine <= stages.length)

/** @param module of the checkpoint. */
export function readVision(fields: Fields, module?: string): VisionConfig {
  const config = {
    ...EVA,
    ...(module !== undefined && { tensors: { ...EVA.tensors, module } }),
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
    states: null,
    dropsFirst: false,
  }
  checkHeads(fields, config)
  checkStem(fields, config)
  if (config.patchSize > config.imageSize) {
    fields.problem('patch_size', `is ${config.patchSize}, larger than the image.`)
  }
  return config
}

/**
 * `stem`, which transformers does not know: the channels of the first convolution, the stages as
 * [expansion, kernel, stride, channels, blocks], and the number of stages before the finer result.
 */
function readStem(fields: Fields): { readonly stem?: Stem } {
  const value = fields.json['stem']
  if (value === undefined || value === null) {
    return {}
  }
  const read = stemSchema.safeParse(value)
  if (!read.success) {
    fields.problem(
      'stem',
      'is not {"channels", "stages": [[expansion, odd kernel, stride, channels, blocks]], "fine"}, all above 0.',
    )
    return {}
  }
  const stages = read.data.stages.map(([expansion, kernel, stride, channels, blocks]) => ({
    expansion,
    kernel,
    stride,
    channels,
    blocks,
  }))
  return { stem: { ...read.data, stages } }
}

function checkStem(fields: Fields, { stem, patchSize, imageSize }: VisionConfig): void {
  if (stem === undefined) {
    return
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

/** A Q-Former that reads texts, too. */
export function readTextQformer(fields: Fields, queries: number): TextQformerConfig {
  return {
    ...readQformer(fields, queries),
    vocab: fields.count('vocab_size', 30522),
    maxPositions: fields.count('max_position_embeddings', 512),
  }
}

/** Older checkpoints have no image token; transformers put the image first by itself then. */
export function readImageToken(fields: Fields): number | null {
  const name =
    fields.json['image_token_index'] === undefined ? 'image_token_id' : 'image_token_index'
  return fields.json[name] == null ? null : fields.id(name, 0)
}

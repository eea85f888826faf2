/**
 * Reads a checkpoint's `config.json`: its shape, or every reason why it cannot be converted.
 *
 * Defaults are those of transformers 5.18, models/idefics/configuration_idefics.py.
 */

import { ACTIVATIONS } from '../../blocks/activations.ts'
import type { PerceiverConfig } from '../../blocks/bridge/perceiver.ts'
import type { FlamingoConfig } from '../../blocks/decoder/flamingo.ts'
import { gatedLayers, gatedModule } from '../../blocks/decoder/gated-attention.ts'
import { clip } from '../../blocks/vision/vit-settings.ts'
import { visionTokens } from '../../blocks/vision/vit.ts'
import type { VisionConfig } from '../../blocks/vision/vit.ts'
import { readVision as readBlip2Vision } from '../blip2/read-parts.ts'
import { checkArchitecture, checkQuantization } from '../common/architecture.ts'
import type { WeightIndex } from '../common/family.ts'
import { checkHeads, Fields, isObject, MAX_LAYERS, readJson } from '../common/read-json.ts'
import { readLlama, readLlamaTokens } from '../common/read-llama.ts'
import { resolveTied } from '../common/ties.ts'
import type { IdeficsConfig } from './config.ts'

const CONFIG_FILE = 'config.json'
const GENERATION_FILE = 'generation_config.json'
const ARCHITECTURES = ['IdeficsForVisionText2Text']
const MODEL = 'model'
const VISION = `${MODEL}.vision_model`
const RESAMPLER = `${MODEL}.perceiver_resampler`
/**
 * transformers' IDEFICS has a CLIP tower, and names no kind. A BLIP-2's tower is of the checkpoints that this
 * project trains (training/export_flamingo.py).
 */
const BLIP2_TOWER = 'blip_2_vision_model'

export type CheckpointConfig = {
  readonly tower: 'clip' | 'blip'
  readonly imageSize: number
  readonly vocab: number
  readonly pad: number
  readonly stop: readonly number[]
  /** @param weights null where there are none yet. */
  model(weights: WeightIndex | null): IdeficsConfig
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
  const model = modelOf(fields, null)
  const where = `${GENERATION_FILE}: `
  const generation = new Fields(readJson(folder, GENERATION_FILE, problems) ?? {}, where, problems)
  const { pad, stop } = readLlamaTokens(
    generation.json['eos_token_id'] == null ? fields : generation,
  )
  if (problems.length > before) {
    return null
  }
  const { text, added } = model.decoder
  return {
    tower: hasBlip2Tower(fields) ? 'blip' : 'clip',
    imageSize: model.vision.imageSize,
    vocab: text.vocab + (added?.ids ?? 0),
    pad,
    stop,
    model: (weights) => modelOf(new Fields(json, `${CONFIG_FILE}: `, []), weights),
  }
}

function modelOf(fields: Fields, weights: WeightIndex | null): IdeficsConfig {
  const vision = readVision(fields)
  const resampler = fields.flag('use_resampler', false) ? readResampler(fields, vision) : null
  const rows = resampler?.latents ?? visionTokens(vision)
  const decoder = readDecoder(fields, rows, weights)
  const { text, gated } = decoder
  return {
    vision,
    resampler,
    keys: {
      rows,
      width: vision.hidden,
      heads: text.heads,
      headDim: text.headDim,
      modules: Array.from(
        { length: Math.floor(gatedLayers(text, gated)) },
        (_, i) => `${gatedModule(text, i)}.cross_attn`,
      ),
      headNorms: gated.headNorms,
      epsilon: text.epsilon,
    },
    decoder,
  }
}

function hasBlip2Tower({ json }: Fields): boolean {
  const { vision_config: vision } = json
  return isObject(vision) && vision['model_type'] === BLIP2_TOWER
}

/** In older files the fields stand beside the others, with `vision_` before their names. */
function readVision(fields: Fields): VisionConfig {
  if (hasBlip2Tower(fields)) {
    return readBlip2Vision(fields.section('vision_config'), VISION)
  }
  const isNested = fields.json['vision_config'] != null
  const part = isNested ? fields.section('vision_config') : fields
  const named = (name: string) => (isNested ? name : `vision_${name}`)
  const layers = part.count(named('num_hidden_layers'), 32, MAX_LAYERS)
  const width = part.json['hidden_size'] != null && isNested ? 'hidden_size' : named('embed_dim')
  const config = {
    ...clip(VISION),
    hidden: part.count(width, 768),
    intermediate: part.count(named('intermediate_size'), 5120),
    layers,
    heads: part.count(named('num_attention_heads'), 16),
    imageSize: part.count(named('image_size'), 224),
    patchSize: part.count(named('patch_size'), 14),
    activation: part.choice(named('hidden_act'), 'gelu', ACTIVATIONS),
    epsilon: part.number(named('layer_norm_eps'), 1e-5),
    qkvBias: true,
    states: [layers],
    dropsFirst: false,
  }
  checkHeads(part, config)
  if (config.patchSize > config.imageSize) {
    part.problem(named('patch_size'), `is ${config.patchSize}, larger than the image.`)
  }
  return config
}

/** In older files the fields stand beside the others. */
function readResampler(fields: Fields, vision: VisionConfig): PerceiverConfig {
  const isNested = fields.json['perceiver_config'] != null
  const part = isNested ? fields.section('perceiver_config') : fields
  return {
    module: RESAMPLER,
    tokens: visionTokens(vision),
    width: vision.hidden,
    latents: part.count('resampler_n_latents', 64),
    layers: part.count('resampler_depth', 6, MAX_LAYERS),
    heads: part.count('resampler_n_heads', 16),
    headDim: part.count('resampler_head_dim', 96),
    headNorms: part.flag('qk_layer_norms_perceiver', false),
    intermediate: 4 * vision.hidden,
  }
}

/** @param rows of a picture that the decoder looks at. */
function readDecoder(fields: Fields, rows: number, weights: WeightIndex | null): FlamingoConfig {
  const text = readLlama(fields, { module: MODEL, headTensor: 'lm_head.weight' })
  checkHeads(fields, text)
  const tied = fields.flag('tie_word_embeddings', false)
  const interval = fields.count('cross_layer_interval', 1)
  if (text.layers % interval !== 0) {
    fields.problem(
      'cross_layer_interval',
      `is ${interval}, which does not divide ${text.layers} layers.`,
    )
  }
  const isVector = fields.choice('alpha_type', 'float', ['float', 'vector']) === 'vector'
  const ids = fields.json['additional_vocab_size'] ?? 0
  const added = ids === 0 ? null : fields.count('additional_vocab_size', 1)
  const own = {
    embedTensor: `${MODEL}.embed_tokens.additional_embedding.weight`,
    headTensor: 'lm_head.additional_fc.weight',
  }
  return {
    text: { ...text, ...resolveTied(text, tied, weights) },
    gated: {
      interval,
      headNorms: fields.flag('qk_layer_norms', false),
      gateWidth: isVector ? text.hidden : 1,
      rows,
    },
    added: added === null ? null : { ids: added, ...resolveTied(own, tied, weights) },
  }
}

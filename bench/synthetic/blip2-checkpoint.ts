/** The checkpoints in the shape of blip2-opt-2.7b and blip2-flan-t5-xl. */

import {
  type AddLinear,
  type AddNorm,
  type Blip2Model,
  type Blip2Size,
  type Language,
  languageOf,
} from './blip2-language.ts'
import type { Checkpoint, Shapes } from './random-weights.ts'

const VISION = { hidden: 1408, intermediate: 6144, layers: 39, heads: 16 }
const QFORMER = { hidden: 768, intermediate: 3072, layers: 12 }

export function blip2Checkpoint(model: Blip2Model, size: Blip2Size): Checkpoint {
  const language = languageOf(model, size)
  const config = {
    architectures: ['Blip2ForConditionalGeneration'],
    model_type: 'blip-2',
    image_token_index: language.imageToken,
    num_query_tokens: 32,
    vision_config: {},
    qformer_config: {},
    text_config: language.config,
  }
  return { config, files: language.files, shapes: shapesOf(language) }
}

function shapesOf(language: Language): Shapes {
  const found: Shapes = new Map([['query_tokens', [1, 32, QFORMER.hidden]]])
  const linear = (name: string, out: number, inputs: number) => {
    found.set(`${name}.weight`, [out, inputs])
    found.set(`${name}.bias`, [out])
  }
  const norm = (name: string, width: number) => {
    found.set(`${name}.weight`, [width])
    found.set(`${name}.bias`, [width])
  }
  visionShapes(found, linear, norm)
  qformerShapes(linear, norm)
  linear('language_projection', language.width, QFORMER.hidden)
  language.add({ found, linear, norm })
  return found
}

function visionShapes(found: Shapes, linear: AddLinear, norm: AddNorm): void {
  const { hidden, intermediate, layers } = VISION
  const embeddings = 'vision_model.embeddings'
  found.set(`${embeddings}.class_embedding`, [1, 1, hidden])
  found.set(`${embeddings}.position_embedding`, [1, 257, hidden])
  found.set(`${embeddings}.patch_embedding.weight`, [hidden, 3, 14, 14])
  found.set(`${embeddings}.patch_embedding.bias`, [hidden])
  for (let i = 0; i < layers; i++) {
    const layer = `vision_model.encoder.layers.${i}`
    linear(`${layer}.self_attn.qkv`, 3 * hidden, hidden)
    linear(`${layer}.self_attn.projection`, hidden, hidden)
    norm(`${layer}.layer_norm1`, hidden)
    norm(`${layer}.layer_norm2`, hidden)
    linear(`${layer}.mlp.fc1`, intermediate, hidden)
    linear(`${layer}.mlp.fc2`, hidden, intermediate)
  }
  norm('vision_model.post_layernorm', hidden)
}

function qformerShapes(linear: AddLinear, norm: AddNorm): void {
  const { hidden, intermediate, layers } = QFORMER
  norm('qformer.layernorm', hidden)
  for (let i = 0; i < layers; i++) {
    const layer = `qformer.encoder.layer.${i}`
    for (const [block, width] of [
      ['attention', hidden],
      ...(i % 2 === 0 ? [['crossattention', VISION.hidden] as const] : []),
    ] as const) {
      linear(`${layer}.${block}.attention.query`, hidden, hidden)
      linear(`${layer}.${block}.attention.key`, hidden, width)
      linear(`${layer}.${block}.attention.value`, hidden, width)
      linear(`${layer}.${block}.output.dense`, hidden, hidden)
      norm(`${layer}.${block}.output.LayerNorm`, hidden)
    }
    linear(`${layer}.intermediate_query.dense`, intermediate, hidden)
    linear(`${layer}.output_query.dense`, hidden, intermediate)
    norm(`${layer}.output_query.LayerNorm`, hidden)
  }
}

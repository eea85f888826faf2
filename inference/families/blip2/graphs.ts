/** The graphs of a BLIP-2 model: vision tower, Q-Former with its projection, OPT decoder. */

import { qformerGraph } from '../../blocks/bridge/qformer.ts'
import { optGraph } from '../../blocks/decoder/opt.ts'
import { visionGraph, visionTokens } from '../../blocks/vision/eva-vit.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import type { GraphFact } from '../../runtime/check-graphs.ts'
import type { Storages } from '../common/family.ts'
import type { Blip2Card, GRAPHS } from './card.ts'
import type { Blip2Config } from './config.ts'

export function blip2Graphs(
  { vision, qformer, text }: Blip2Config,
  storages: Storages,
): Record<(typeof GRAPHS)[number], GraphPlan> {
  const bridge = {
    qformer,
    image: { tokens: visionTokens(vision), width: vision.hidden },
    decoder: { hidden: text.hidden, embed: text.embed },
  }
  return {
    vision: visionGraph(vision, storages.vision),
    qformer: qformerGraph(bridge, storages.bridge),
    decoder: optGraph(text, storages.decoder),
  }
}

/** Where the graphs say what the card's dimensions say. */
export const FACTS: readonly GraphFact<keyof Blip2Card['dimensions']>[] = [
  { dimension: 'imageSize', graph: 'vision', value: 'pixel_values', axis: 2 },
  { dimension: 'visionTokens', graph: 'qformer', value: 'image_embeds', axis: 1 },
  { dimension: 'visionHidden', graph: 'qformer', value: 'image_embeds', axis: 2 },
  { dimension: 'queryTokens', graph: 'qformer', value: 'query_output', axis: 1 },
  { dimension: 'qformerHidden', graph: 'qformer', value: 'query_output', axis: 2 },
  { dimension: 'embedSize', graph: 'decoder', value: 'image_tokens', axis: 2 },
  { dimension: 'layers', graph: 'decoder', counted: 'past_key_' },
  { dimension: 'kvHeads', graph: 'decoder', value: 'past_key_0', axis: 1 },
  { dimension: 'headDim', graph: 'decoder', value: 'past_key_0', axis: 3 },
  { dimension: 'vocabSize', graph: 'decoder', value: 'logits', axis: 1 },
]

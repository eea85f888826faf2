/** The graphs of a BLIP-2 model: vision tower, Q-Former with its projection, language model. */

import { qformerGraph } from '../../blocks/bridge/qformer.ts'
import { instructionQformerGraph } from '../../blocks/bridge/text-qformer.ts'
import { llamaGraph } from '../../blocks/decoder/llama.ts'
import { optGraph } from '../../blocks/decoder/opt.ts'
import { t5DecoderGraph } from '../../blocks/t5/decoder.ts'
import { t5EncoderGraph } from '../../blocks/t5/encoder.ts'
import { visionGraph, visionTokens } from '../../blocks/vision/vit.ts'
import type { Storage } from '../../blocks/layers.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import type { GraphFact } from '../../runtime/check-graphs.ts'
import type { Storages } from '../common/family.ts'
import type { Blip2Card } from './card.ts'
import type { Blip2Config } from './config.ts'

/** By name, in the order in which a request needs them. */
export function blip2Graphs(
  { vision, qformer, instruction, text }: Blip2Config,
  storages: Storages,
): Readonly<Record<string, GraphPlan>> {
  const embed = text.kind === 'opt' ? text.embed : text.hidden
  const bridge = {
    qformer,
    image: { tokens: visionTokens(vision), width: vision.hidden },
    decoder: { hidden: text.hidden, embed },
  }
  const image = {
    vision: visionGraph(vision, storages.vision),
    qformer:
      instruction === null
        ? qformerGraph(bridge, storages.bridge)
        : instructionQformerGraph(
            { ...bridge, qformer: { ...qformer, ...instruction } },
            storages.bridge,
          ),
  }
  return { ...image, ...languageGraphs(text, storages.decoder) }
}

function languageGraphs(
  text: Blip2Config['text'],
  storage: Storage,
): Readonly<Record<string, GraphPlan>> {
  switch (text.kind) {
    case 'opt':
      return { decoder: optGraph(text, storage) }
    case 'llama':
      return { decoder: llamaGraph(text, storage) }
    case 't5':
      return { encoder: t5EncoderGraph(text, storage), decoder: t5DecoderGraph(text, storage) }
    default:
      return text satisfies never
  }
}

type Fact = GraphFact<keyof Blip2Card['dimensions']>

/** Where the graphs say what the card's dimensions say. */
export const FACTS: readonly Fact[] = [
  { dimension: 'imageSize', graph: 'vision', value: 'pixel_values', axis: 2 },
  { dimension: 'visionTokens', graph: 'vision', value: 'image_embeds', axis: 1 },
  { dimension: 'visionHidden', graph: 'qformer', value: 'image_embeds', axis: 2 },
  { dimension: 'queryTokens', graph: 'qformer', value: 'query_output', axis: 1 },
  { dimension: 'qformerHidden', graph: 'qformer', value: 'query_output', axis: 2 },
  { dimension: 'embedSize', graph: 'qformer', value: 'image_tokens', axis: 2 },
  { dimension: 'layers', graph: 'decoder', counted: 'past_key_' },
  { dimension: 'kvHeads', graph: 'decoder', value: 'past_key_0', axis: 1 },
  { dimension: 'headDim', graph: 'decoder', value: 'past_key_0', axis: 3 },
  { dimension: 'vocabSize', graph: 'decoder', value: 'logits', axis: 1 },
]

/** The same of what only one kind of language model has. */
export const LANGUAGE_FACTS: Readonly<Record<Blip2Card['language'], readonly Fact[]>> = {
  opt: [{ dimension: 'embedSize', graph: 'decoder', value: 'image_tokens', axis: 2 }],
  llama: [{ dimension: 'embedSize', graph: 'decoder', value: 'image_tokens', axis: 2 }],
  t5: [
    { dimension: 'embedSize', graph: 'encoder', value: 'image_tokens', axis: 2 },
    { dimension: 'layers', graph: 'decoder', counted: 'cross_key_' },
    { dimension: 'kvHeads', graph: 'decoder', value: 'cross_key_0', axis: 1 },
    { dimension: 'headDim', graph: 'decoder', value: 'cross_key_0', axis: 3 },
  ],
}

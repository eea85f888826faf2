/** The graphs of an Idefics3 or SmolVLM model: vision tower and projector, both for a tile, and language model. */

import { projectorGraph } from '../../blocks/bridge/projector.ts'
import { llamaGraph } from '../../blocks/decoder/llama.ts'
import { visionGraph } from '../../blocks/vision/vit.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import type { GraphFact } from '../../runtime/check-graphs.ts'
import type { Storages } from '../common/family.ts'
import type { Idefics3Card } from './card.ts'
import type { Idefics3Config } from './config.ts'

/** By name, in the order in which a request needs them. */
export function idefics3Graphs(
  { vision, projector, text }: Idefics3Config,
  storages: Storages,
): Readonly<Record<string, GraphPlan>> {
  return {
    vision: visionGraph(vision, storages.vision),
    projector: projectorGraph(projector, storages.bridge),
    decoder: llamaGraph(text, storages.decoder),
  }
}

/** Where the graphs say what the card's dimensions say. */
export const FACTS: readonly GraphFact<keyof Idefics3Card['dimensions']>[] = [
  { dimension: 'imageSize', graph: 'vision', value: 'pixel_values', axis: 2 },
  { dimension: 'visionTokens', graph: 'vision', value: 'image_embeds', axis: 1 },
  { dimension: 'visionHidden', graph: 'projector', value: 'image_embeds', axis: 2 },
  { dimension: 'tileTokens', graph: 'projector', value: 'image_tokens', axis: 1 },
  { dimension: 'embedSize', graph: 'projector', value: 'image_tokens', axis: 2 },
  { dimension: 'embedSize', graph: 'decoder', value: 'image_tokens', axis: 2 },
  { dimension: 'layers', graph: 'decoder', counted: 'past_key_' },
  { dimension: 'kvHeads', graph: 'decoder', value: 'past_key_0', axis: 1 },
  { dimension: 'headDim', graph: 'decoder', value: 'past_key_0', axis: 3 },
  { dimension: 'vocabSize', graph: 'decoder', value: 'logits', axis: 1 },
]

/**
 * The graphs of a model whose vision tower and language model are joined by linear layers: LLaVA and its kin.
 * Tower and projector run for a tile; a picture is one tile or several.
 */

import {
  projectorGraph,
  type ProjectorConfig,
  projectorTokens,
} from '../../../blocks/bridge/projector.ts'
import { type LlamaConfig, llamaGraph } from '../../../blocks/decoder/llama.ts'
import {
  type VisionConfig,
  visionGraph,
  visionTokens,
  visionWidth,
} from '../../../blocks/vision/vit.ts'
import type { GraphPlan } from '../../../onnx/graph-builder.ts'
import type { GraphFact } from '../../../runtime/check-graphs.ts'
import type { Storages } from '../family.ts'
import type { ProjectedDimensions } from './card.ts'

/** The shape of one such model: all that the graph writers need to know. */
export type ProjectedConfig = {
  readonly vision: VisionConfig
  /** Its rows are those of one tile. */
  readonly projector: ProjectorConfig
  readonly text: LlamaConfig
}

/** By name, in the order in which a request needs them. */
export function projectedGraphs(
  { vision, projector, text }: ProjectedConfig,
  storages: Storages,
): Readonly<Record<string, GraphPlan>> {
  return {
    vision: visionGraph(vision, storages.vision),
    projector: projectorGraph(projector, storages.bridge),
    decoder: llamaGraph(text, storages.decoder, { ordered: true }),
  }
}

/** Where the graphs say what the card's dimensions say. */
export const FACTS: readonly GraphFact<keyof ProjectedDimensions>[] = [
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

export function dimensionsOf({ vision, projector, text }: ProjectedConfig): ProjectedDimensions {
  return {
    imageSize: vision.imageSize,
    patchSize: vision.patchSize,
    visionTokens: visionTokens(vision),
    visionHidden: visionWidth(vision),
    visionLayers: vision.layers,
    tileTokens: projectorTokens(projector),
    embedSize: text.hidden,
    hiddenSize: text.hidden,
    layers: text.layers,
    heads: text.heads,
    kvHeads: text.kvHeads,
    headDim: text.headDim,
    vocabSize: text.vocab,
    maxPositions: text.maxPositions,
  }
}

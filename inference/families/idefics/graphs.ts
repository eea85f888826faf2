/** The graphs of an IDEFICS model: vision tower, resampler, keys and values of a picture, language model. */

import { perceiverGraph } from '../../blocks/bridge/perceiver.ts'
import { pictureKeysGraph } from '../../blocks/bridge/picture-keys.ts'
import { flamingoGraph } from '../../blocks/decoder/flamingo.ts'
import { visionGraph } from '../../blocks/vision/vit.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import type { GraphFact } from '../../runtime/check-graphs.ts'
import type { Storages } from '../common/family.ts'
import type { IdeficsCard } from './card.ts'
import type { IdeficsConfig } from './config.ts'

/** By name, in the order in which a request needs them. */
export function ideficsGraphs(
  { vision, resampler, keys, decoder }: IdeficsConfig,
  storages: Storages,
): Readonly<Record<string, GraphPlan>> {
  return {
    vision: visionGraph(vision, storages.vision),
    ...(resampler && { resampler: perceiverGraph(resampler, storages.bridge) }),
    'picture-keys': pictureKeysGraph(keys, storages.bridge),
    decoder: flamingoGraph(decoder, storages.decoder),
  }
}

/** Where the graphs say what the card's dimensions say. */
export const FACTS: readonly GraphFact<keyof IdeficsCard['dimensions']>[] = [
  { dimension: 'imageSize', graph: 'vision', value: 'pixel_values', axis: 2 },
  { dimension: 'visionTokens', graph: 'vision', value: 'image_embeds', axis: 1 },
  { dimension: 'visionHidden', graph: 'vision', value: 'image_embeds', axis: 2 },
  { dimension: 'visionHidden', graph: 'picture-keys', value: 'picture_rows', axis: 2 },
  { dimension: 'pictureRows', graph: 'picture-keys', value: 'picture_rows', axis: 1 },
  { dimension: 'pictureRows', graph: 'decoder', value: 'picture_key_0', axis: 3 },
  { dimension: 'crossLayers', graph: 'decoder', counted: 'picture_key_' },
  { dimension: 'heads', graph: 'decoder', value: 'picture_key_0', axis: 1 },
  { dimension: 'layers', graph: 'decoder', counted: 'past_key_' },
  { dimension: 'kvHeads', graph: 'decoder', value: 'past_key_0', axis: 1 },
  { dimension: 'headDim', graph: 'decoder', value: 'past_key_0', axis: 3 },
  { dimension: 'vocabSize', graph: 'decoder', value: 'logits', axis: 1 },
]

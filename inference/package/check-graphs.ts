/**
 * Compares the card with the graphs it lies beside: a card of another model, or an edited one, is
 * told at once instead of failing in the middle of a request.
 */

import { ConfigError } from '../../config/errors.ts'
import { CARD_FILE, type ModelCard } from './model-card.ts'
import type { Sessions } from '../runtime/sessions.ts'

type Dimensions = ModelCard['dimensions']

/** One number of the card and where a graph says the same. */
type Fact = {
  readonly dimension: keyof Dimensions
  readonly graph: keyof Sessions
  readonly inGraph: number | string | undefined
}

/** @throws {ConfigError} listing every number of the card that a graph contradicts. */
export function checkGraphs(sessions: Sessions, card: ModelCard): void {
  const problems = factsOf(sessions)
    .filter(({ dimension, inGraph }) => card.dimensions[dimension] !== inGraph)
    .map(
      ({ dimension, graph, inGraph }) =>
        `${CARD_FILE} says ${dimension} is ${card.dimensions[dimension]}, but ${graph}.onnx has ${inGraph ?? 'none'}.`,
    )
  if (problems.length > 0) {
    throw new ConfigError(problems)
  }
}

function factsOf({ vision, qformer, decoder }: Sessions): Fact[] {
  const past = shapeOf(decoder.inputMetadata, 'past_key_0') // [batch, heads, past, headDim]
  const embeds = shapeOf(qformer.inputMetadata, 'image_embeds') // [batch, tokens, hidden]
  const queries = shapeOf(qformer.outputMetadata, 'query_output') // [batch, queries, hidden]
  const layers = decoder.inputNames.filter((name) => name.startsWith('past_key_')).length
  const vocabulary = shapeOf(decoder.outputMetadata, 'logits')[1]
  return [
    {
      dimension: 'imageSize',
      graph: 'vision',
      inGraph: shapeOf(vision.inputMetadata, 'pixel_values')[2],
    },
    { dimension: 'visionTokens', graph: 'qformer', inGraph: embeds[1] },
    { dimension: 'visionHidden', graph: 'qformer', inGraph: embeds[2] },
    { dimension: 'queryTokens', graph: 'qformer', inGraph: queries[1] },
    { dimension: 'qformerHidden', graph: 'qformer', inGraph: queries[2] },
    {
      dimension: 'embedSize',
      graph: 'decoder',
      inGraph: shapeOf(decoder.inputMetadata, 'image_tokens')[2],
    },
    { dimension: 'layers', graph: 'decoder', inGraph: layers },
    { dimension: 'heads', graph: 'decoder', inGraph: past[1] },
    { dimension: 'headDim', graph: 'decoder', inGraph: past[3] },
    { dimension: 'vocabSize', graph: 'decoder', inGraph: vocabulary },
  ]
}

function shapeOf(
  values: Sessions['vision']['inputMetadata'],
  name: string,
): readonly (number | string)[] {
  const value = values.find((one) => one.name === name)
  return value?.isTensor ? value.shape : []
}

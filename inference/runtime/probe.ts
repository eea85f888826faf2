/** Runs a graph once on made-up input, to compare two sessions of the same graph. */

import { type InferenceSession, Tensor } from 'onnxruntime-node'
import type { ModelCard } from '../package/model-card.ts'
import { floats } from './floats.ts'
import type { GraphFile } from './prepared.ts'

/** @returns what the graph is for: image embeddings, image tokens or logits; float32, flat. */
export async function probe(
  session: InferenceSession,
  file: GraphFile,
  { dimensions }: ModelCard,
): Promise<Float32Array> {
  const { imageSize, visionTokens, visionHidden } = dimensions
  if (file === 'vision.onnx') {
    const pixels = waves([1, 3, imageSize, imageSize])
    return floats((await session.run({ pixel_values: pixels }, ['image_embeds']))['image_embeds'])
  }
  if (file === 'qformer.onnx') {
    const embeds = waves([1, visionTokens, visionHidden])
    return floats((await session.run({ image_embeds: embeds }, ['image_tokens']))['image_tokens'])
  }
  return floats((await session.run(decoderFeeds(dimensions), ['logits']))['logits'])
}

/** One picture of two tokens and one id, without a past. */
function decoderFeeds(dimensions: ModelCard['dimensions']): Record<string, Tensor> {
  const { layers, heads, headDim, embedSize } = dimensions
  const feeds: Record<string, Tensor> = {
    image_tokens: waves([1, 2, embedSize]),
    input_ids: new Tensor('int64', BigInt64Array.of(1n), [1, 1]),
    position_ids: new Tensor('int64', BigInt64Array.of(0n, 1n, 2n), [1, 3]),
    seqlens_k: new Tensor('int32', Int32Array.of(2), [1]),
    total_sequence_length: new Tensor('int32', Int32Array.of(3), [1]),
    logits_rows: new Tensor('int64', BigInt64Array.of(2n), [1]),
  }
  for (let i = 0; i < layers; i++) {
    for (const kind of ['key', 'value']) {
      feeds[`past_${kind}_${i}`] = new Tensor('float32', new Float32Array(0), [
        1,
        heads,
        0,
        headDim,
      ])
    }
  }
  return feeds
}

function waves(shape: readonly number[]): Tensor {
  const length = shape.reduce((product, dim) => product * dim, 1)
  return new Tensor(
    'float32',
    Float32Array.from({ length }, (_, i) => Math.sin(i * 0.7)),
    shape,
  )
}

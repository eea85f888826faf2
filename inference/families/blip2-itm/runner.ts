/** Runs the graphs of an open package for image-text matching. */

import { Tensor } from 'onnxruntime-node'
import { checkGraphs, type GraphFact } from '../../runtime/check-graphs.ts'
import { floats } from '../../runtime/floats.ts'
import type { Sessions } from '../../runtime/sessions.ts'
import { int64 } from '../common/decoder-feeds.ts'
import { encodeWithin } from '../common/encode-within.ts'
import type { MatcherParts, RunnerParts } from '../common/family.ts'
import type { ImageFeatures, ImageVectors, Matcher, ModelRunner } from '../common/runner.ts'
import { VisionTower } from '../common/vision-tower.ts'
import type { ItmCard } from './card.ts'

/** Where the graphs say what the card's dimensions say. */
const VISION_FACTS: readonly GraphFact<keyof ItmCard['dimensions']>[] = [
  { dimension: 'imageSize', graph: 'vision', value: 'pixel_values', axis: 2 },
  { dimension: 'visionTokens', graph: 'vision', value: 'image_embeds', axis: 1 },
]
const FACTS: readonly GraphFact<keyof ItmCard['dimensions']>[] = [
  { dimension: 'visionHidden', graph: 'qformer', value: 'image_embeds', axis: 2 },
  { dimension: 'queryTokens', graph: 'qformer', value: 'query_output', axis: 1 },
  { dimension: 'qformerHidden', graph: 'qformer', value: 'query_output', axis: 2 },
  { dimension: 'embedSize', graph: 'qformer', value: 'text_vector', axis: 1 },
]

/** What the graph is given in the place of a text where only images count: any one token. */
const NO_TEXT = [0]

/** @throws {ConfigError} if the card and the graphs contradict each other. */
export async function openRunner(card: ItmCard, parts: RunnerParts): Promise<ModelRunner> {
  checkGraphs(parts.sessions, card.dimensions, VISION_FACTS)
  const tower = new VisionTower(parts.sessions, card, parts.pixelValues)
  return {
    images: {
      detailFor: (wanted, pictures) => tower.detailFor(wanted, pictures),
      preprocess: (bytes, call) => tower.preprocess(bytes, call),
      encode: (images) => tower.encode(images),
      bridge: null,
    },
    decoder: null,
    matcher: openMatcher(card, parts),
    close: async () => {},
  }
}

/** Needs no vision tower. @throws {ConfigError} if the card and the graph contradict each other. */
export function openMatcher(card: ItmCard, parts: MatcherParts): Matcher {
  checkGraphs(parts.sessions, card.dimensions, FACTS)
  return new ItmMatcher(card, parts)
}

/** One run of the Q-Former over an image [1, tokens, width] and a text. */
async function run(
  sessions: Sessions,
  image: Tensor,
  ids: readonly number[],
  { output, together }: { readonly output: string; readonly together: boolean },
): Promise<Float32Array> {
  const shape = [1, ids.length]
  const feeds = {
    image_embeds: image,
    input_ids: int64(ids, shape),
    text_mask: int64(
      ids.map(() => 1),
      shape,
    ),
    together: int64([together ? 1 : 0], [1]),
  }
  const outputs = await sessions.get('qformer').run(feeds, [output])
  return floats(outputs[output])
}

class ItmMatcher implements Matcher {
  readonly #card: ItmCard
  readonly #parts: MatcherParts

  constructor(card: ItmCard, parts: MatcherParts) {
    this.#card = card
    this.#parts = parts
  }

  prepare(text: string): readonly number[] {
    return encodeWithin(this.#card.dimensions.maxPositions, this.#parts.encode, text)
  }

  async imageVectors({ data, shape }: ImageFeatures): Promise<ImageVectors> {
    const { queryTokens, embedSize } = this.#card.dimensions
    const image = new Tensor('float32', data, [1, ...shape])
    const about = { output: 'image_vectors', together: false }
    const vectors = await run(this.#parts.sessions, image, NO_TEXT, about)
    return { data: vectors, shape: [queryTokens, embedSize] }
  }

  /** The queries look at an image of one row meanwhile; the text does not see them. */
  textVector(ids: readonly number[]): Promise<Float32Array> {
    const { visionHidden } = this.#card.dimensions
    const nothing = new Tensor('float32', new Float32Array(visionHidden), [1, 1, visionHidden])
    return run(this.#parts.sessions, nothing, ids, { output: 'text_vector', together: false })
  }

  async probability({ data, shape }: ImageFeatures, ids: readonly number[]): Promise<number> {
    const image = new Tensor('float32', data, [1, ...shape])
    const about = { output: 'match_logits', together: true }
    const logits = await run(this.#parts.sessions, image, ids, about)
    return 1 / (1 + Math.exp(logits[0]! - logits[1]!))
  }
}

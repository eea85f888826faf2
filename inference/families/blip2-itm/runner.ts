/** Runs the graphs of an open package for image-text matching. */

import { Tensor } from 'onnxruntime-node'
import { checkGraphs, type GraphFact } from '../../runtime/check-graphs.ts'
import { floats } from '../../runtime/floats.ts'
import type { Sessions } from '../../runtime/sessions.ts'
import { int64 } from '../common/decoder-feeds.ts'
import { encodeWithin } from '../common/encode-within.ts'
import type { DecodePixels, RunnerParts } from '../common/family.ts'
import type {
  ImageEncoder,
  ImageFeatures,
  ImageTokens,
  Matcher,
  ModelRunner,
} from '../common/runner.ts'
import { apart, joined, VisionTower } from '../blip2/vision-tower.ts'
import type { ItmCard } from './card.ts'

/** Where the graphs say what the card's dimensions say. */
const FACTS: readonly GraphFact<keyof ItmCard['dimensions']>[] = [
  { dimension: 'imageSize', graph: 'vision', value: 'pixel_values', axis: 2 },
  { dimension: 'visionTokens', graph: 'vision', value: 'image_embeds', axis: 1 },
  { dimension: 'visionHidden', graph: 'qformer', value: 'image_embeds', axis: 2 },
  { dimension: 'queryTokens', graph: 'qformer', value: 'query_output', axis: 1 },
  { dimension: 'qformerHidden', graph: 'qformer', value: 'query_output', axis: 2 },
  { dimension: 'embedSize', graph: 'qformer', value: 'text_vector', axis: 1 },
]

/** What the graph is given in the place of a text where only images count: any one token. */
const NO_TEXT = [0]

/** @throws {ConfigError} if the card and the graphs contradict each other. */
export async function openRunner(card: ItmCard, parts: RunnerParts): Promise<ModelRunner> {
  checkGraphs(parts.sessions, card.dimensions, FACTS)
  return {
    images: new ItmImages(parts.sessions, card, parts.pixelValues),
    decoder: null,
    matcher: new ItmMatcher(card, parts),
    close: async () => {},
  }
}

/** One run of the Q-Former over images and as many texts, none of them padded. */
async function run(
  sessions: Sessions,
  images: Tensor,
  ids: readonly number[],
  { output, together }: { readonly output: string; readonly together: boolean },
): Promise<Float32Array> {
  const [batch] = images.dims
  const shape = [batch!, ids.length]
  const repeated = Array.from({ length: batch! }, () => ids).flat()
  const feeds = {
    image_embeds: images,
    input_ids: int64(repeated, shape),
    text_mask: int64(
      repeated.map(() => 1),
      shape,
    ),
    together: int64([together ? 1 : 0], [1]),
  }
  const outputs = await sessions.get('qformer').run(feeds, [output])
  return floats(outputs[output])
}

class ItmImages extends VisionTower implements ImageEncoder {
  /** Features are kept: the matcher reads a text beside them. */
  readonly bridgeReadsPrompt = true
  readonly #sessions: Sessions
  readonly #card: ItmCard

  constructor(sessions: Sessions, card: ItmCard, pixelValues: DecodePixels) {
    super(sessions, card, pixelValues)
    this.#sessions = sessions
    this.#card = card
  }

  /** @returns of each float32 [queryTokens, embedSize], rows of length 1. */
  async bridge(images: readonly ImageFeatures[]): Promise<ImageTokens[]> {
    const { visionTokens, visionHidden, queryTokens, embedSize } = this.#card.dimensions
    const shape = [images.length, visionTokens, visionHidden]
    const input = new Tensor('float32', joined(images), shape)
    const about = { output: 'image_vectors', together: false }
    const vectors = await run(this.#sessions, input, NO_TEXT, about)
    return apart(vectors, [queryTokens, embedSize])
  }
}

class ItmMatcher implements Matcher {
  readonly #card: ItmCard
  readonly #parts: RunnerParts

  constructor(card: ItmCard, parts: RunnerParts) {
    this.#card = card
    this.#parts = parts
  }

  prepare(text: string): readonly number[] {
    return encodeWithin(this.#card.dimensions.maxPositions, this.#parts.encode, text)
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

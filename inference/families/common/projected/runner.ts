/** Runs the graphs of an open package whose vision tower and language model are joined by linear layers. */

import { Tensor } from 'onnxruntime-node'
import type { KvCaches } from '../../../kv/kv-cache.ts'
import { checkGraphs } from '../../../runtime/check-graphs.ts'
import { floats } from '../../../runtime/floats.ts'
import type { Sessions } from '../../../runtime/sessions.ts'
import type { Prompt } from '../../../text/prompt.ts'
import { CausalDecoder } from '../causal-decoder.ts'
import { type ChatPictures, prepareChat } from '../chat-prompts.ts'
import type { DecodePixels, RunnerParts } from '../family.ts'
import type {
  ImageEncoder,
  ImageFeatures,
  ImageTokens,
  ModelRunner,
  PreparedPrompt,
  TextDecoder,
} from '../runner.ts'
import { apart, joined, regrouped, VisionTower } from '../vision-tower.ts'
import { type ProjectedCard, tileTokensOf } from './card.ts'
import { FACTS } from './graphs.ts'

/** What differs between families. */
export type Projection = {
  /** The tokens of a picture, from those of all its tiles end to end. Default: the same. */
  readonly pack?: (tiles: ImageTokens) => ImageTokens
  /** Positions that a picture takes; where `place` says it, at least. */
  readonly pictureTokens: number
  readonly place?: ChatPictures['place']
}

/** @throws {ConfigError} if the card and the graphs contradict each other. */
export async function openProjected(
  card: ProjectedCard,
  parts: RunnerParts,
  projection: Projection,
): Promise<ModelRunner> {
  const dimensions = { ...card.dimensions, tileTokens: tileTokensOf(card) }
  checkGraphs(parts.sessions, dimensions, FACTS)
  const caches = await parts.openCaches(dimensions)
  return {
    images: new ProjectedImages(parts.sessions, card, parts.pixelValues, projection),
    decoder: new ChatDecoder(card, parts, caches, projection),
    matcher: null,
    close: () => caches.close(),
  }
}

class ProjectedImages extends VisionTower implements ImageEncoder {
  readonly bridge = {
    run: (images: readonly ImageFeatures[]) => this.#project(images),
    readsPrompt: false,
  }
  readonly #sessions: Sessions
  readonly #card: ProjectedCard
  readonly #pack: (tiles: ImageTokens) => ImageTokens

  constructor(
    sessions: Sessions,
    card: ProjectedCard,
    pixelValues: DecodePixels,
    { pack }: Projection,
  ) {
    super(sessions, card, pixelValues)
    this.#sessions = sessions
    this.#card = card
    this.#pack = pack ?? ((tiles) => tiles)
  }

  /** @returns of each float32 [tokens, embedSize]: of one tile tileTokens, of several as they are packed. */
  async #project(images: readonly ImageFeatures[]): Promise<ImageTokens[]> {
    const { visionTokens, visionHidden, embedSize } = this.#card.dimensions
    const tileTokens = tileTokensOf(this.#card)
    const rows = images.reduce((sum, { shape }) => sum + shape[0], 0)
    const shape = [rows / visionTokens, visionTokens, visionHidden]
    const outputs = await this.#sessions
      .get('projector')
      .run({ image_embeds: new Tensor('float32', joined(images), shape) }, ['image_tokens'])
    const tiles = apart(floats(outputs['image_tokens']), [tileTokens, embedSize])
    return regrouped(
      tiles.map(({ data }) => data),
      tileTokens,
      embedSize,
      images,
    ).map(this.#pack)
  }
}

class ChatDecoder extends CausalDecoder implements TextDecoder {
  readonly #card: ProjectedCard
  readonly #encode: RunnerParts['encode']
  readonly #pictures: Omit<ChatPictures, 'count'>

  constructor(
    card: ProjectedCard,
    { sessions, longestRun, encode }: RunnerParts,
    caches: KvCaches,
    { pictureTokens: tokens, place }: Projection,
  ) {
    super(sessions.get('decoder'), card.dimensions, { caches, longestRun })
    this.#card = card
    this.#encode = encode
    this.#pictures = { tokens, ...(place && { place }) }
  }

  prepare(prompt: Prompt, images: number, maxNewTokens: number): PreparedPrompt {
    const pictures = { ...this.#pictures, count: images }
    return prepareChat(this.#card, this.#encode, prompt, pictures, maxNewTokens)
  }
}

/** Runs the graphs of an open Idefics3 or SmolVLM package. */

import { Tensor } from 'onnxruntime-node'
import type { KvCaches } from '../../kv/kv-cache.ts'
import { checkGraphs } from '../../runtime/check-graphs.ts'
import { floats } from '../../runtime/floats.ts'
import type { Sessions } from '../../runtime/sessions.ts'
import type { Prompt } from '../../text/prompt.ts'
import { CausalDecoder } from '../common/causal-decoder.ts'
import { prepareChat } from '../common/chat-prompts.ts'
import type { DecodePixels, RunnerParts } from '../common/family.ts'
import type {
  ImageEncoder,
  ImageFeatures,
  ImageTokens,
  KeyedImage,
  ModelRunner,
  PreparedPrompt,
  TextDecoder,
} from '../common/runner.ts'
import { apart, joined, regrouped, VisionTower } from '../common/vision-tower.ts'
import type { Idefics3Card } from './card.ts'
import { FACTS } from './graphs.ts'
import { picturePlace } from './picture-place.ts'

/** @throws {ConfigError} if the card and the graphs contradict each other. */
export async function openRunner(card: Idefics3Card, parts: RunnerParts): Promise<ModelRunner> {
  checkGraphs(parts.sessions, card.dimensions, FACTS)
  const caches = await parts.openCaches(card.dimensions)
  return {
    images: new Idefics3Images(parts.sessions, card, parts.pixelValues),
    decoder: new Idefics3Decoder(card, parts, caches),
    matcher: null,
    close: () => caches.close(),
  }
}

class Idefics3Images extends VisionTower implements ImageEncoder {
  readonly bridge = {
    run: (images: readonly ImageFeatures[]) => this.#project(images),
    readsPrompt: false,
  }
  readonly #sessions: Sessions
  readonly #card: Idefics3Card

  constructor(sessions: Sessions, card: Idefics3Card, pixelValues: DecodePixels) {
    super(sessions, card, pixelValues)
    this.#sessions = sessions
    this.#card = card
  }

  /** @returns of each float32 [tiles * tileTokens, embedSize]. */
  async #project(images: readonly ImageFeatures[]): Promise<ImageTokens[]> {
    const { visionTokens, visionHidden, tileTokens, embedSize } = this.#card.dimensions
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
    )
  }
}

class Idefics3Decoder extends CausalDecoder implements TextDecoder {
  readonly #card: Idefics3Card
  readonly #encode: RunnerParts['encode']

  constructor(card: Idefics3Card, { sessions, longestRun, encode }: RunnerParts, caches: KvCaches) {
    super(sessions.get('decoder'), card.dimensions, { caches, longestRun })
    this.#card = card
    this.#encode = encode
  }

  prepare(prompt: Prompt, images: number, maxNewTokens: number): PreparedPrompt {
    const { tileTokens } = this.#card.dimensions
    const pictures = {
      count: images,
      tokens: tileTokens,
      place: (image: KeyedImage | null) => picturePlace(image, tileTokens),
    }
    return prepareChat(this.#card, this.#encode, prompt, pictures, maxNewTokens)
  }
}

/** Runs the graphs of an open LLaVA package. */

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
  ModelRunner,
  PreparedPrompt,
  TextDecoder,
} from '../common/runner.ts'
import { apart, joined, VisionTower } from '../common/vision-tower.ts'
import type { LlavaCard } from './card.ts'
import { FACTS } from './graphs.ts'

/** @throws {ConfigError} if the card and the graphs contradict each other. */
export async function openRunner(card: LlavaCard, parts: RunnerParts): Promise<ModelRunner> {
  checkGraphs(parts.sessions, card.dimensions, FACTS)
  const caches = await parts.openCaches(card.dimensions)
  return {
    images: new LlavaImages(parts.sessions, card, parts.pixelValues),
    decoder: new LlavaDecoder(card, parts, caches),
    matcher: null,
    close: () => caches.close(),
  }
}

class LlavaImages extends VisionTower implements ImageEncoder {
  readonly bridge = {
    run: (images: readonly ImageFeatures[]) => this.#project(images),
    readsPrompt: false,
  }
  readonly #sessions: Sessions
  readonly #card: LlavaCard

  constructor(sessions: Sessions, card: LlavaCard, pixelValues: DecodePixels) {
    super(sessions, card, pixelValues)
    this.#sessions = sessions
    this.#card = card
  }

  /** @returns of each float32 [visionTokens, embedSize]. */
  async #project(images: readonly ImageFeatures[]): Promise<ImageTokens[]> {
    const { visionTokens, visionHidden, embedSize } = this.#card.dimensions
    const shape = [images.length, visionTokens, visionHidden]
    const outputs = await this.#sessions
      .get('projector')
      .run({ image_embeds: new Tensor('float32', joined(images), shape) }, ['image_tokens'])
    return apart(floats(outputs['image_tokens']), [visionTokens, embedSize])
  }
}

class LlavaDecoder extends CausalDecoder implements TextDecoder {
  readonly #card: LlavaCard
  readonly #encode: RunnerParts['encode']

  constructor(card: LlavaCard, { sessions, longestRun, encode }: RunnerParts, caches: KvCaches) {
    super(sessions.get('decoder'), card.dimensions, { caches, longestRun })
    this.#card = card
    this.#encode = encode
  }

  prepare(prompt: Prompt, images: number, maxNewTokens: number): PreparedPrompt {
    const pictures = { count: images, tokens: this.#card.dimensions.visionTokens }
    return prepareChat(this.#card, this.#encode, prompt, pictures, maxNewTokens)
  }
}

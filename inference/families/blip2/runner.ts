/** Runs the graphs of an open BLIP-2 package. */

import { Tensor } from 'onnxruntime-node'
import type { KvCaches } from '../../kv/kv-cache.ts'
import { checkGraphs } from '../../runtime/check-graphs.ts'
import { floats } from '../../runtime/floats.ts'
import type { Sessions } from '../../runtime/sessions.ts'
import type { Prompt } from '../../text/prompt.ts'
import { CausalDecoder } from '../common/causal-decoder.ts'
import { EncoderDecoder } from '../common/encoder-decoder.ts'
import type { DecodePixels, RunnerParts } from '../common/family.ts'
import type {
  ImageEncoder,
  ImageFeatures,
  ImageTokens,
  ModelRunner,
  PreparedPrompt,
  TextDecoder,
} from '../common/runner.ts'
import { apart, joined, VisionTower } from './vision-tower.ts'
import type { Blip2Card } from './card.ts'
import { FACTS, LANGUAGE_FACTS } from './graphs.ts'
import { preparePrompt } from './prompts.ts'

/** @throws {ConfigError} if the card and the graphs contradict each other. */
export async function openRunner(card: Blip2Card, parts: RunnerParts): Promise<ModelRunner> {
  checkGraphs(parts.sessions, card.dimensions, [...FACTS, ...LANGUAGE_FACTS[card.language]])
  const images = new Blip2Images(parts.sessions, card, parts.pixelValues)
  if (card.language === 't5') {
    const decoder = new Blip2EncoderDecoder(card, parts)
    return { images, decoder, matcher: null, close: async () => {} }
  }
  const caches = await parts.openCaches(card.dimensions)
  return {
    images,
    decoder: new Blip2Decoder(card, parts, caches),
    matcher: null,
    close: () => caches.close(),
  }
}

class Blip2Images extends VisionTower implements ImageEncoder {
  readonly bridgeReadsPrompt = false
  readonly #sessions: Sessions
  readonly #card: Blip2Card

  constructor(sessions: Sessions, card: Blip2Card, pixelValues: DecodePixels) {
    super(sessions, card, pixelValues)
    this.#sessions = sessions
    this.#card = card
  }

  /** @returns of each float32 [queryTokens, embedSize]. */
  async bridge(images: readonly ImageFeatures[]): Promise<ImageTokens[]> {
    const { visionTokens, visionHidden, queryTokens, embedSize } = this.#card.dimensions
    const shape = [images.length, visionTokens, visionHidden]
    const outputs = await this.#sessions
      .get('qformer')
      .run({ image_embeds: new Tensor('float32', joined(images), shape) }, ['image_tokens'])
    return apart(floats(outputs['image_tokens']), [queryTokens, embedSize])
  }
}

class Blip2Decoder extends CausalDecoder implements TextDecoder {
  readonly #card: Blip2Card
  readonly #encode: RunnerParts['encode']

  constructor(card: Blip2Card, parts: RunnerParts, caches: KvCaches) {
    const { sessions, encode, longestRun } = parts
    super(sessions.get('decoder'), card.dimensions, { caches, longestRun })
    this.#card = card
    this.#encode = encode
  }

  prepare(prompt: Prompt, images: number, maxNewTokens: number): PreparedPrompt {
    return preparePrompt(this.#card, this.#encode, prompt, images, maxNewTokens)
  }
}

class Blip2EncoderDecoder extends EncoderDecoder implements TextDecoder {
  readonly #card: Blip2Card
  readonly #encode: RunnerParts['encode']

  constructor(card: Blip2Card, { sessions, encode, longestRun }: RunnerParts) {
    const graphs = { encoder: sessions.get('encoder'), decoder: sessions.get('decoder') }
    super(graphs, card.dimensions, longestRun)
    this.#card = card
    this.#encode = encode
  }

  prepare(prompt: Prompt, images: number, maxNewTokens: number): PreparedPrompt {
    return preparePrompt(this.#card, this.#encode, prompt, images, maxNewTokens)
  }
}

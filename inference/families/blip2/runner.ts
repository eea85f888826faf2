/** Runs the graphs of an open BLIP-2 package. */

import { Tensor } from 'onnxruntime-node'
import type { DecodingCall } from '../../image/decoding/job.ts'
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
  Pixels,
  PreparedPrompt,
  TextDecoder,
} from '../common/runner.ts'
import type { Blip2Card } from './card.ts'
import { FACTS, LANGUAGE_FACTS } from './graphs.ts'
import { preparePrompt } from './prompts.ts'

/** @throws {ConfigError} if the card and the graphs contradict each other. */
export async function openRunner(card: Blip2Card, parts: RunnerParts): Promise<ModelRunner> {
  checkGraphs(parts.sessions, card.dimensions, [...FACTS, ...LANGUAGE_FACTS[card.language]])
  const images = new Blip2Images(parts.sessions, card, parts.pixelValues)
  if (card.language === 't5') {
    return { images, decoder: new Blip2EncoderDecoder(card, parts), close: async () => {} }
  }
  const caches = await parts.openCaches(card.dimensions)
  return {
    images,
    decoder: new Blip2Decoder(card, parts, caches),
    close: () => caches.close(),
  }
}

class Blip2Images implements ImageEncoder {
  readonly bridgeReadsPrompt = false
  readonly #sessions: Sessions
  readonly #card: Blip2Card
  readonly #pixelValues: DecodePixels

  constructor(sessions: Sessions, card: Blip2Card, pixelValues: DecodePixels) {
    this.#sessions = sessions
    this.#card = card
    this.#pixelValues = pixelValues
  }

  /** @returns float32 [1, 3, side, side]. */
  async preprocess(bytes: Uint8Array, call?: DecodingCall): Promise<Pixels> {
    const { dimensions, preprocessing } = this.#card
    const { imageSize } = dimensions
    const data = await this.#pixelValues(bytes, { imageSize, preprocessing }, call)
    return { data, shape: [1, 3, imageSize, imageSize] }
  }

  /** @returns of each float32 [visionTokens, visionHidden]. */
  async encode(images: readonly Pixels[]): Promise<ImageFeatures[]> {
    const { imageSize, visionTokens, visionHidden } = this.#card.dimensions
    const shape = [images.length, 3, imageSize, imageSize]
    const outputs = await this.#sessions
      .get('vision')
      .run({ pixel_values: new Tensor('float32', joined(images), shape) }, ['image_embeds'])
    return apart(floats(outputs['image_embeds']), [visionTokens, visionHidden])
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

/** The data of all, float32, end to end; that of a single one is not copied. */
function joined(parts: readonly { readonly data: Float32Array }[]): Float32Array {
  const [first] = parts
  if (first !== undefined && parts.length === 1) {
    return first.data
  }
  const whole = new Float32Array(parts.reduce((sum, { data }) => sum + data.length, 0))
  let at = 0
  for (const { data } of parts) {
    whole.set(data, at)
    at += data.length
  }
  return whole
}

/** @param all float32, matrices of a shape end to end. @returns each in memory of its own. */
function apart(all: Float32Array, shape: readonly [number, number]): ImageFeatures[] {
  const size = shape[0] * shape[1]
  return Array.from({ length: all.length / size }, (_, i) => ({
    data: all.slice(i * size, (i + 1) * size),
    shape,
  }))
}

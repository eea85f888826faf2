/** Runs the graphs of an open BLIP-2 package. */

import { Tensor } from 'onnxruntime-node'
import type { KvCaches } from '../../kv/kv-cache.ts'
import { checkGraphs } from '../../runtime/check-graphs.ts'
import { floats } from '../../runtime/floats.ts'
import type { Sessions } from '../../runtime/sessions.ts'
import { CausalDecoder } from '../common/causal-decoder.ts'
import { EncoderDecoder } from '../common/encoder-decoder.ts'
import type { DecodePixels, RunnerParts } from '../common/family.ts'
import type {
  Bridge,
  ImageEncoder,
  ImageFeatures,
  ImageTokens,
  ModelRunner,
  TextDecoder,
} from '../common/runner.ts'
import { apart, joined, VisionTower } from '../common/vision-tower.ts'
import type { Blip2Card } from './card.ts'
import { FACTS, LANGUAGE_FACTS } from './graphs.ts'
import { type Instruction, preparePrompt } from './prompts.ts'

/** @throws {ConfigError} if the card and the graphs contradict each other. */
export async function openRunner(card: Blip2Card, parts: RunnerParts): Promise<ModelRunner> {
  const language = await openLanguage(card, parts, null)
  const images = new Blip2Images(parts.sessions, card, parts.pixelValues)
  return { ...language, images, matcher: null }
}

/** What running a language model needs of a card. */
type LanguageCard = Pick<Blip2Card, 'dimensions' | 'language' | 'prompts' | 'tokens'>

/**
 * The language model of a package.
 *
 * @param instruction for a Q-Former that reads the prompt, too; null: it does not.
 * @throws {ConfigError} if the card and the graphs contradict each other.
 */
export async function openLanguage(
  card: LanguageCard,
  parts: RunnerParts,
  instruction: Instruction | null,
): Promise<Pick<ModelRunner, 'decoder' | 'close'>> {
  checkGraphs(parts.sessions, card.dimensions, [...FACTS, ...LANGUAGE_FACTS[card.language]])
  const prepare: Prepare = (prompt, images, maxNewTokens) =>
    preparePrompt(card, parts.encode, prompt, images, maxNewTokens, instruction)
  if (card.language === 't5') {
    return { decoder: new Blip2EncoderDecoder(card, parts, prepare), close: async () => {} }
  }
  const caches = await parts.openCaches(card.dimensions)
  return {
    decoder: new Blip2Decoder(card, parts, caches, prepare),
    close: () => caches.close(),
  }
}

class Blip2Images extends VisionTower implements ImageEncoder {
  readonly bridge: Bridge = { readsPrompt: false, run: (images) => this.#runQformer(images) }
  readonly #sessions: Sessions
  readonly #card: Blip2Card

  constructor(sessions: Sessions, card: Blip2Card, pixelValues: DecodePixels) {
    super(sessions, card, pixelValues)
    this.#sessions = sessions
    this.#card = card
  }

  /** @returns of each float32 [queryTokens, embedSize]. */
  async #runQformer(images: readonly ImageFeatures[]): Promise<ImageTokens[]> {
    const { visionTokens, visionHidden, queryTokens, embedSize } = this.#card.dimensions
    const shape = [images.length, visionTokens, visionHidden]
    const outputs = await this.#sessions
      .get('qformer')
      .run({ image_embeds: new Tensor('float32', joined(images), shape) }, ['image_tokens'])
    return apart(floats(outputs['image_tokens']), [queryTokens, embedSize])
  }
}

type Prepare = TextDecoder['prepare']

class Blip2Decoder extends CausalDecoder implements TextDecoder {
  readonly prepare: Prepare

  constructor(card: LanguageCard, parts: RunnerParts, caches: KvCaches, prepare: Prepare) {
    const { sessions, longestRun } = parts
    super(sessions.get('decoder'), card.dimensions, { caches, longestRun })
    this.prepare = prepare
  }
}

class Blip2EncoderDecoder extends EncoderDecoder implements TextDecoder {
  readonly prepare: Prepare

  constructor(card: LanguageCard, { sessions, longestRun }: RunnerParts, prepare: Prepare) {
    const graphs = { encoder: sessions.get('encoder'), decoder: sessions.get('decoder') }
    super(graphs, card.dimensions, longestRun)
    this.prepare = prepare
  }
}

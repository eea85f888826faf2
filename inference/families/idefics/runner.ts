/** Runs the graphs of an open IDEFICS package. */

import { Tensor } from 'onnxruntime-node'
import { checkGraphs } from '../../runtime/check-graphs.ts'
import { floats } from '../../runtime/floats.ts'
import type { Sessions } from '../../runtime/sessions.ts'
import type { DecodePixels, RunnerParts } from '../common/family.ts'
import type { ImageEncoder, ImageFeatures, ImageTokens, ModelRunner } from '../common/runner.ts'
import { apart, joined, VisionTower } from '../common/vision-tower.ts'
import type { IdeficsCard } from './card.ts'
import { IdeficsDecoder } from './decoder.ts'
import { FACTS } from './graphs.ts'

const RESAMPLER = 'resampler'

/** @throws {ConfigError} if the card and the graphs contradict each other. */
export async function openRunner(card: IdeficsCard, parts: RunnerParts): Promise<ModelRunner> {
  const { sessions, longestRun, encode } = parts
  checkGraphs(sessions, card.dimensions, FACTS)
  const caches = await parts.openCaches(card.dimensions)
  const session = sessions.get('decoder')
  return {
    images: new IdeficsImages(sessions, card, parts.pixelValues),
    decoder: new IdeficsDecoder(card, { session, caches, longestRun, encode }),
    matcher: null,
    close: () => caches.close(),
  }
}

class IdeficsImages extends VisionTower implements ImageEncoder {
  readonly bridge = {
    run: (images: readonly ImageFeatures[]) => this.#keys(images),
    readsPrompt: false,
  }
  readonly #sessions: Sessions
  readonly #card: IdeficsCard

  constructor(sessions: Sessions, card: IdeficsCard, pixelValues: DecodePixels) {
    super(sessions, card, pixelValues)
    this.#sessions = sessions
    this.#card = card
  }

  /** The keys and values of each, float32 [1, numbers]: see blocks/bridge/picture-keys.ts. */
  async #keys(images: readonly ImageFeatures[]): Promise<ImageTokens[]> {
    const { crossLayers, heads, headDim, pictureRows } = this.#card.dimensions
    const rows = await this.#rows(images)
    const outputs = await this.#sessions
      .get('picture-keys')
      .run({ picture_rows: rows }, ['image_tokens'])
    const numbers = 2 * crossLayers * heads * headDim * pictureRows
    return apart(floats(outputs['image_tokens']), [1, numbers])
  }

  /** What the decoder looks at, float32 [images, pictureRows, visionHidden]. */
  async #rows(images: readonly ImageFeatures[]): Promise<Tensor> {
    const { visionTokens, visionHidden, pictureRows } = this.#card.dimensions
    const shape = [images.length, visionTokens, visionHidden]
    const features = new Tensor('float32', joined(images), shape)
    if (!this.#card.graphs.includes(RESAMPLER)) {
      return features
    }
    const outputs = await this.#sessions.get(RESAMPLER).run({ image_embeds: features }, ['latents'])
    return new Tensor('float32', floats(outputs['latents']), [
      images.length,
      pictureRows,
      visionHidden,
    ])
  }
}

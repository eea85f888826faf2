/** From image files to image tokens: decoding, vision tower, Q-Former, projection. */

import { Tensor } from 'onnxruntime-node'
import { DEFAULT_LIMITS, type ImageLimits } from '../image/decode.ts'
import { toPixelValues } from '../image/pixel-values.ts'
import type { ModelCard } from '../package/model-card.ts'
import type { ImageTokens } from '../types.ts'
import { floats } from '../runtime/floats.ts'
import type { EngineOptions } from './options.ts'
import type { Sessions } from '../runtime/sessions.ts'

export class Encoder {
  readonly #sessions: Sessions
  readonly #card: ModelCard
  readonly #limits: ImageLimits

  constructor(sessions: Sessions, card: ModelCard, limits: EngineOptions['imageLimits']) {
    this.#sessions = sessions
    this.#card = card
    this.#limits = { ...DEFAULT_LIMITS, ...limits }
  }

  /**
   * Decodes an image file; most of it happens on other threads.
   *
   * @returns float32 [3, side, side].
   * @throws {InputError} if the bytes are no usable image.
   */
  preprocess(bytes: Uint8Array): Promise<Float32Array> {
    const { dimensions, preprocessing } = this.#card
    const { imageSize } = dimensions
    return toPixelValues(bytes, { imageSize, preprocessing }, this.#limits)
  }

  /** @param pixels of each picture, [3, side, side]. @returns [pictures, tokens, width], flat. */
  async see(pixels: readonly Float32Array[]): Promise<Float32Array> {
    const side = this.#card.dimensions.imageSize
    const size = 3 * side * side
    const all = pixels.length === 1 ? pixels[0]! : new Float32Array(pixels.length * size)
    if (pixels.length > 1) {
      pixels.forEach((one, i) => all.set(one, i * size))
    }
    const outputs = await this.#sessions.vision.run(
      { pixel_values: new Tensor('float32', all, [pixels.length, 3, side, side]) },
      ['image_embeds'],
    )
    return floats(outputs['image_embeds'])
  }

  /** @param embeds what `see` gave for so many pictures. @returns the tokens of each. */
  async bridge(embeds: Float32Array, pictures: number): Promise<ImageTokens[]> {
    const { visionTokens, visionHidden, queryTokens, embedSize } = this.#card.dimensions
    const shape = [pictures, visionTokens, visionHidden]
    const outputs = await this.#sessions.qformer.run(
      { image_embeds: new Tensor('float32', embeds, shape) },
      ['image_tokens'],
    )
    const all = floats(outputs['image_tokens'])
    const size = queryTokens * embedSize
    return Array.from({ length: pictures }, (_, i) => ({
      data: all.slice(i * size, (i + 1) * size),
      shape: [queryTokens, embedSize],
    }))
  }
}

/** From an image file to image tokens: decoding, vision tower, Q-Former, projection. */

import { Tensor } from 'onnxruntime-node'
import { InputError } from '../errors.ts'
import { DEFAULT_LIMITS, type ImageLimits } from '../image/decode.ts'
import { toPixelValues } from '../image/pixel-values.ts'
import type { ModelCard } from '../model-card.ts'
import type { EncodeTimings, ImageInput, ImageTokens } from '../types.ts'
import { floats } from './decoder.ts'
import type { EngineOptions } from './options.ts'
import type { Sessions } from './sessions.ts'

export type Encoded = { readonly image: ImageTokens; readonly timings: EncodeTimings }

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
   * Gives image tokens as they are, and makes them of an image file.
   *
   * @param check called between two runs; what it throws ends the work.
   * @throws {InputError} if the bytes are no usable image, or the tokens are of another model.
   */
  async encode(input: ImageInput, check: () => void): Promise<Encoded> {
    if (!(input instanceof Uint8Array)) {
      this.#checkTokens(input)
      return { image: input, timings: { preprocessMs: 0, visionMs: 0, qformerMs: 0 } }
    }
    const { dimensions, preprocessing } = this.#card
    const side = dimensions.imageSize
    const start = performance.now()
    const pixels = await toPixelValues(input, { imageSize: side, preprocessing }, this.#limits)
    check()
    const prepared = performance.now()
    const vision = await this.#sessions.vision.run(
      { pixel_values: new Tensor('float32', pixels, [1, 3, side, side]) },
      ['image_embeds'],
    )
    check()
    const seen = performance.now()
    const embeds = new Tensor('float32', floats(vision['image_embeds']), [
      1,
      dimensions.visionTokens,
      dimensions.visionHidden,
    ])
    const outputs = await this.#sessions.qformer.run({ image_embeds: embeds }, ['image_tokens'])
    return {
      image: {
        data: floats(outputs['image_tokens']),
        shape: [dimensions.queryTokens, dimensions.embedSize],
      },
      timings: {
        preprocessMs: prepared - start,
        visionMs: seen - prepared,
        qformerMs: performance.now() - seen,
      },
    }
  }

  #checkTokens(tokens: ImageTokens): void {
    const { queryTokens, embedSize } = this.#card.dimensions
    const [rows, width] = tokens.shape
    if (rows !== queryTokens || width !== embedSize || tokens.data.length !== rows * width) {
      throw new InputError(
        `Those image tokens are ${rows} × ${width}; this model's are ${queryTokens} × ${embedSize}.`,
      )
    }
  }
}

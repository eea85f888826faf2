/** Runs the vision tower of an open package: files in, features out. */

import { Tensor } from 'onnxruntime-node'
import type { DecodingCall } from '../../image/decoding/job.ts'
import { floats } from '../../runtime/floats.ts'
import type { Sessions } from '../../runtime/sessions.ts'
import type { DecodePixels } from './family.ts'
import type { ImageFeatures, Pixels } from './runner.ts'
import type { Preprocessing } from '../../image/pixel-values.ts'

/** What has to be known of a card. */
type VisionCard = {
  readonly dimensions: Readonly<Record<'imageSize' | 'visionTokens' | 'visionHidden', number>>
  readonly preprocessing: Preprocessing
}

export class VisionTower {
  readonly #sessions: Sessions
  readonly #card: VisionCard
  readonly #pixelValues: DecodePixels

  constructor(sessions: Sessions, card: VisionCard, pixelValues: DecodePixels) {
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
}

/** The data of all, float32, end to end; that of a single one is not copied. */
export function joined(parts: readonly { readonly data: Float32Array }[]): Float32Array {
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
export function apart(all: Float32Array, shape: readonly [number, number]): ImageFeatures[] {
  const size = shape[0] * shape[1]
  return Array.from({ length: all.length / size }, (_, i) => ({
    data: all.slice(i * size, (i + 1) * size),
    shape,
  }))
}

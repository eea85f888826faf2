/**
 * The distance of a picture from the pictures of the model's domain: a Mahalanobis distance of the
 * vision tower's features, averaged over their tokens, in the directions in which pictures of the
 * domain differ least. Source: Lee et al. 2018, "A Simple Unified Framework for Detecting
 * Out-of-Distribution Samples and Adversarial Attacks", for the features of one layer.
 *
 * `npm run bench -- domain --calibrate` measures the statistics and writes them on the card.
 */

import { z } from 'zod'
import type { ImageFeatures } from '../families/common/runner.ts'

/** Little-endian float16 in base64: exact enough for a distance, and a quarter of JSON's length. */
const float16 = z.base64().refine((text) => Buffer.from(text, 'base64').length % 2 === 0)

export const statisticsSchema = z.strictObject({
  /** Float16 [width]: the mean of the pictures' features. */
  mean: float16,
  /** Float16 [directions, width]: projects a difference from the mean to unit variance. */
  whitening: float16,
  /** The mean square of the projected difference beyond which a picture is outside. */
  limit: z.number().positive(),
})

export type Statistics = z.infer<typeof statisticsSchema>

/** @returns the distance of features as a share of the limit; at least 0, above 1 is outside. */
export type FeatureDistance = (features: ImageFeatures) => number

/** Reads the statistics of a card once. @param width of the vision tower's features. */
export function featureDistance(statistics: Statistics, width: number): FeatureDistance {
  const mean = decodeFloat16(statistics.mean)
  const whitening = decodeFloat16(statistics.whitening)
  const directions = whitening.length / width
  if (mean.length !== width || !Number.isInteger(directions) || directions === 0) {
    throw new RangeError(`expected statistics of ${width} features, got ${mean.length}`)
  }
  return (features) => {
    const difference = averageFeatures(features)
    for (let i = 0; i < width; i++) {
      difference[i] = difference[i]! - mean[i]!
    }
    let sum = 0
    for (let row = 0; row < directions; row++) {
      let projected = 0
      for (let i = 0; i < width; i++) {
        projected += whitening[row * width + i]! * difference[i]!
      }
      sum += projected * projected
    }
    return sum / directions / statistics.limit
  }
}

/** The mean of a picture's features over its tokens. @returns float64 [width]. */
export function averageFeatures({ data, shape: [tokens, width] }: ImageFeatures): Float64Array {
  const average = new Float64Array(width)
  for (let token = 0; token < tokens; token++) {
    for (let i = 0; i < width; i++) {
      average[i] = average[i]! + data[token * width + i]! / tokens
    }
  }
  return average
}

export function encodeFloat16(values: Iterable<number>): string {
  const bytes = Float16Array.from(values)
  return Buffer.from(bytes.buffer).toString('base64')
}

function decodeFloat16(text: string): Float32Array {
  const bytes = new Uint8Array(Buffer.from(text, 'base64'))
  return Float32Array.from(new Float16Array(bytes.buffer))
}

/** Runs the vision tower of an open package: files in, features out. */

import { Tensor } from 'onnxruntime-node'
import type { DecodingCall } from '../../image/decoding/job.ts'
import { type Detail, type Grid, tilesOf } from '../../image/tiles.ts'
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

  /**
   * How a picture is seen in a prompt of so many, where a detail is wanted: the same where the pixels are.
   * Where several resolutions are possible, those of several pictures are one tile each, as in the reference.
   */
  detailFor(wanted: Detail, pictures: number): Detail {
    switch (this.#card.preprocessing.fit) {
      case 'tiles':
        return wanted
      case 'any-resolution':
        return pictures > 1 ? 'low' : wanted
      default:
        return 'auto'
    }
  }

  /** @returns float32 [tiles, 3, side, side]. */
  async preprocess(bytes: Uint8Array, call?: DecodingCall): Promise<Pixels> {
    const { dimensions, preprocessing } = this.#card
    const { imageSize } = dimensions
    const spec = { imageSize, preprocessing, ...(call?.detail && { detail: call.detail }) }
    const { data, grid } = await this.#pixelValues(bytes, spec, call)
    const tiles = grid === null ? 1 : tilesOf(grid)
    return { data, shape: [tiles, 3, imageSize, imageSize], ...(grid && { grid }) }
  }

  /** @returns of each float32 [tiles * visionTokens, visionHidden]. */
  async encode(images: readonly Pixels[]): Promise<ImageFeatures[]> {
    const { imageSize, visionTokens, visionHidden } = this.#card.dimensions
    const size = 3 * imageSize * imageSize
    const tiles = images.flatMap(({ data, shape }) => cutEvenly(data, shape[0], size))
    const features: Float32Array[] = []
    for (let first = 0; first < tiles.length; first += MOST_TILES) {
      const some = tiles.slice(first, first + MOST_TILES)
      const pixels = new Tensor('float32', joined(some), [some.length, 3, imageSize, imageSize])
      const run = { pixel_values: pixels }
      const outputs = await this.#sessions.get('vision').run(run, ['image_embeds'])
      const all = floats(outputs['image_embeds'])
      features.push(...apart(all, [visionTokens, visionHidden]).map(({ data }) => data))
    }
    return regrouped(features, visionTokens, visionHidden, images)
  }
}

/** Tiles in one run: more need more memory, and are no faster. */
const MOST_TILES = 4

function cutEvenly(data: Float32Array, count: number, size: number): { data: Float32Array }[] {
  return Array.from({ length: count }, (_, i) => ({
    data: data.subarray(i * size, (i + 1) * size),
  }))
}

/**
 * The rows of each image together again.
 *
 * @param tiles of all images, one after the other, each float32 [rows, width].
 * @param images how many tiles each has.
 */
export function regrouped(
  tiles: readonly Float32Array[],
  rows: number,
  width: number,
  images: readonly { readonly grid?: Grid }[],
): ImageFeatures[] {
  let next = 0
  return images.map(({ grid }) => {
    const count = grid === undefined ? 1 : tilesOf(grid)
    const data = joined(tiles.slice(next, next + count).map((tile) => ({ data: tile })))
    next += count
    return { data, shape: [count * rows, width], ...(grid && { grid }) }
  })
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

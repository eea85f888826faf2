/**
 * Frames of moving pictures, each as a picture of its own, for a model that takes several. Which ones
 * depends on the file and the model alone, so that a later question is about the same frames.
 */

import { LRUCache } from 'lru-cache'
import { DAY_MS } from '../../config/durations.ts'
import { InputError } from '../../config/errors.ts'
import type { ImageSource } from '../../inference/contract/types.ts'
import { frameKey, MAX_FRAMES } from '../../inference/image/animation/frame-keys.ts'
import { type Frames, mayMove } from '../../inference/image/animation/frames.ts'
import type { DecodingPool } from '../../inference/image/decoding/pool.ts'

/** The longest side of a frame, in pixels: a model sees it in one tile, of 512 pixels at most so far. */
const SIDE = 640
const MAX_KNOWN = 10_000

/** A picture as a model is shown it. */
export type SeenPicture = ImageSource & {
  /** Of a moving picture, in order; empty: the still is shown. */
  readonly frames: readonly ImageSource[]
  /** How many frames its file has, up to `MAX_FRAMES`; 1 for a still. */
  readonly total: number
}

export type Looking = {
  /** Frames that the model takes; below 2, the still is all that it sees. */
  readonly most: number
  /** `total` where it is known from before. */
  readonly known: number | undefined
  /** Who brought the picture. */
  readonly owner: string
  readonly signal: AbortSignal | undefined
}

export class MovingPictures {
  readonly #decoder: Pick<DecodingPool, 'frames'>
  /** `total` of files, by their hash. */
  readonly #totals = new LRUCache<string, number>({
    max: MAX_KNOWN,
    ttl: DAY_MS,
    ttlAutopurge: true,
  })

  constructor(decoder: Pick<DecodingPool, 'frames'>) {
    this.#decoder = decoder
  }

  /**
   * A picture with its frames. Where they cannot be decoded within the limits, the still is shown.
   *
   * @param mayKeep whether what is known of the file may still be remembered.
   * @throws {InputError} if the file does not come.
   */
  async seen(source: ImageSource, looking: Looking, mayKeep: () => boolean): Promise<SeenPicture> {
    const { most, known, owner, signal } = looking
    const still = { ...source, frames: [], total: 1 }
    const remembered = known ?? this.#totals.get(source.key)
    if (most < 2 || (remembered !== undefined && remembered < 2)) {
      return still
    }
    let decoded: Promise<Frames> | null = null
    const decode = () => (decoded ??= this.#decode(source, { most, owner, signal }))
    const total = remembered ?? Math.min((await decode()).total, MAX_FRAMES)
    if (mayKeep()) {
      this.#totals.set(source.key, total)
    }
    if (total < 2) {
      return still
    }
    const frames = Array.from({ length: Math.min(total, most) }, (_, index) => ({
      key: frameKey(source.key, index),
      bytes: async () => {
        const file = (await decode()).files[index]
        if (file === undefined) {
          throw new InputError('image/large-to-decode') // it was within the limits before
        }
        return file
      },
    }))
    return { ...source, frames, total }
  }

  /** Deletes what is known of a file. */
  forget(hash: string): void {
    this.#totals.delete(hash)
  }

  async #decode(
    source: ImageSource,
    { most, owner, signal }: Omit<Looking, 'known'>,
  ): Promise<Frames> {
    const bytes = await source.bytes(signal)
    const still = { total: 1, files: [] }
    if (!mayMove(bytes)) {
      return still
    }
    try {
      const frames = await this.#decoder.frames(bytes, { most, side: SIDE }, { owner, signal })
      return frames.files.length > 1 ? frames : still
    } catch (error) {
      if (error instanceof InputError) {
        return still // too large, too slow or damaged
      }
      throw error
    }
  }
}

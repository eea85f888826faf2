/**
 * Puts pictures through the encoder, several in one run, and gives each request that waits for one
 * its picture.
 */

import { endThread } from '../runtime/end-thread.ts'
import { type Images, type LiveImage, takeEncoded } from './images.ts'
import type { LiveRequest } from './live-request.ts'
import type { LiveRequests } from './live-requests.ts'
import type { ImageTokens } from '../families/common/runner.ts'
import type { Runs } from './runs.ts'

type Parts = {
  readonly runs: Pick<Runs, 'bridgeReadsPrompt' | 'preprocess' | 'encodeImages' | 'bridge'>
  readonly images: Images
  readonly live: LiveRequests
  /** Pictures encoded in one run. */
  readonly maxImages: number
  /** Called between the two runs of a batch: reads messages, drops requests. */
  readonly betweenRuns: () => Promise<void>
  /** Called once a picture is decoded. */
  readonly wake: () => void
}

/** For a request that wants none, of a picture that has none without a prompt. */
const NO_TOKENS: ImageTokens = { data: new Float32Array(0), shape: [0, 0] }

export class EncoderBatches {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Encodes pictures that are decoded. */
  readonly encode = async (): Promise<boolean> => {
    const decoded = this.#parts.live.requests
      .map(({ image }) => image)
      .filter(({ pixels }) => pixels !== null)
    const images = [...new Set(decoded)].slice(0, this.#parts.maxImages)
    if (images.length === 0) {
      return false
    }
    try {
      const encoded = await this.#parts.runs.encodeImages(images, async () => {
        await this.#parts.betweenRuns()
        return images.some(({ users }) => users > 0)
      })
      for (const [i, one] of (encoded ?? []).entries()) {
        this.#parts.images.finish(images[i]!, one)
      }
    } catch (error) {
      for (const image of images) {
        this.#parts.images.fail(image, error)
      }
    }
    await this.#provideAll(images)
    return true
  }

  /** Runs the bridge for requests whose picture is encoded, where it reads their prompts. */
  readonly bridge = async (): Promise<boolean> => {
    const waiting = this.#parts.live.all.flatMap((live) => {
      const { work, request } = live
      if (!this.#parts.runs.bridgeReadsPrompt || work?.kind !== 'encode') {
        return []
      }
      const { prompt } = work
      return prompt !== null && request.image.encoded ? [{ live, work, prompt }] : []
    })
    const together = waiting.slice(0, this.#parts.maxImages)
    if (together.length === 0) {
      return false
    }
    try {
      const inputs = together.map(({ live, prompt }) => {
        const { image } = live.request
        return { key: image.key, encoded: takeEncoded(image)!, prompt }
      })
      for (const [i, encoded] of (await this.#parts.runs.bridge(inputs)).entries()) {
        const { live, work } = together[i]!
        await this.#parts.live.resume(live, () => work.done(encoded))
      }
    } catch (error) {
      for (const { live } of together) {
        await this.#parts.live.fail(live, error)
      }
    }
    return true
  }

  /** Gives a request that waits for it its picture, or has that decoded. */
  async provide(live: LiveRequest): Promise<void> {
    const { work, request } = live
    const { image } = request
    if (work?.kind !== 'encode') {
      return
    }
    if (image.failure) {
      await this.#parts.live.fail(live, image.failure.error)
    } else if (image.bytes) {
      const { tenant, user } = request.claim
      this.#preprocess(image, image.bytes, `${tenant}/${user}`).catch(endThread)
    } else if (!this.#parts.runs.bridgeReadsPrompt || work.prompt === null) {
      const encoded = takeEncoded(image)
      if (encoded) {
        const { data, timings } = encoded
        const tokens = data.tokens ?? NO_TOKENS
        const keyed = { key: image.key, tokens }
        await this.#parts.live.resume(live, () =>
          work.done({ image: keyed, distance: data.distance, timings }),
        )
      }
    }
  }

  async #provideAll(images: readonly LiveImage[]): Promise<void> {
    for (const live of this.#parts.live.all.slice()) {
      if (images.includes(live.request.image)) {
        await this.provide(live)
      }
    }
  }

  async #preprocess(image: LiveImage, bytes: Uint8Array, owner: string): Promise<void> {
    image.bytes = null
    try {
      const { result, ms } = await this.#parts.runs.preprocess(bytes, {
        signal: image.unneeded.signal,
        owner,
      })
      image.pixels = result
      image.preprocessMs = ms
    } catch (error) {
      this.#parts.images.fail(image, error)
      await this.#provideAll([image])
    }
    this.#parts.wake()
  }
}

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
import type { Encoded } from './work.ts'

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
      .flatMap((request) => request.images)
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
      const [image] = request.images // such a bridge takes one picture: families/common/family.ts
      return prompt !== null && image?.encoded ? [{ live, work, prompt, image }] : []
    })
    const together = waiting.slice(0, this.#parts.maxImages)
    if (together.length === 0) {
      return false
    }
    try {
      const inputs = together.map(({ image, prompt }) => {
        return { key: image.key, encoded: takeEncoded(image)!, prompt }
      })
      for (const [i, encoded] of (await this.#parts.runs.bridge(inputs)).entries()) {
        const { live, work } = together[i]!
        await this.#parts.live.resume(live, () => work.done([encoded]))
      }
    } catch (error) {
      for (const { live } of together) {
        await this.#parts.live.fail(live, error)
      }
    }
    return true
  }

  /** Gives a request that waits for them its pictures, or has them decoded. */
  async provide(live: LiveRequest): Promise<void> {
    const { work, request } = live
    const { images, claim } = request
    if (work?.kind !== 'encode') {
      return
    }
    const failed = images.find(({ failure }) => failure !== null)
    if (failed?.failure) {
      await this.#parts.live.fail(live, failed.failure.error)
      return
    }
    for (const image of images) {
      if (image.bytes) {
        this.#preprocess(image, image.bytes, `${claim.tenant}/${claim.user}`).catch(endThread)
      }
    }
    const isWhole = !this.#parts.runs.bridgeReadsPrompt || work.prompt === null
    const [first, ...others] = images
    if (isWhole && first && images.every(({ encoded }) => encoded !== null)) {
      await this.#parts.live.resume(live, () =>
        work.done([wholeImage(first), ...others.map(wholeImage)]),
      )
    }
  }

  async #provideAll(images: readonly LiveImage[]): Promise<void> {
    for (const live of this.#parts.live.all.slice()) {
      if (live.request.images.some((image) => images.includes(image))) {
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
        detail: image.detail,
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

/** What a picture that is encoded gives to a request whose prompt does not matter for it. */
function wholeImage(image: LiveImage): Encoded {
  const { data, timings } = takeEncoded(image)!
  const { tokens, distance } = data
  return { image: { key: image.key, tokens: tokens ?? NO_TOKENS }, distance, timings }
}

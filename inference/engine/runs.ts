/** The engine's runs, each measured: pictures, prompts, steps. */

import { createHash } from 'node:crypto'
import type {
  Bridge,
  ImageEncoder,
  ImageFeatures,
  ImageTokens,
  Matcher,
  Pixels,
} from '../families/common/runner.ts'
import type { DecodingCall } from '../image/decoding/job.ts'
import type { Counters } from './counters.ts'
import type { FeatureDistance } from '../domain/statistics.ts'
import type { EncodedImage, LiveImage } from './images.ts'
import type { Sequences } from './sequences.ts'
import type { DecodeStep, Encoded, JudgedVectors, Prefilled, Sequence, Work } from './work.ts'

export type DecoderWork = Extract<Work, { readonly kind: 'decode' | 'score' }>

/** What compares pictures with texts. */
export type Matching = {
  readonly matcher: Matcher
  /** From the matcher's own domain; null: its card has no statistics. */
  readonly distance: FeatureDistance | null
}

export class Runs {
  readonly #encoder: ImageEncoder
  readonly #matching: Matching | null
  readonly #sequences: Sequences
  readonly #counters: Counters
  readonly #distance: FeatureDistance | null

  /**
   * @param distance from the model's domain; null: the card has no statistics.
   * @param matching null: the model compares no texts with pictures.
   */
  constructor(
    encoder: ImageEncoder,
    sequences: Sequences,
    counters: Counters,
    distance: FeatureDistance | null = null,
    matching: Matching | null = null,
  ) {
    this.#encoder = encoder
    this.#matching = matching
    this.#sequences = sequences
    this.#counters = counters
    this.#distance = distance
  }

  /** Whether the tokens of a picture depend on the prompt, so that each request bridges its own. */
  get bridgeReadsPrompt(): boolean {
    return this.#encoder.bridge?.readsPrompt === true
  }

  /** Decodes an image file. @throws {InputError} if it is none; the signal's reason. */
  preprocess(
    bytes: Uint8Array,
    call: DecodingCall,
  ): Promise<{ readonly result: Pixels; readonly ms: number }> {
    return this.#counters.time('preprocess', 1, () => this.#encoder.preprocess(bytes, call))
  }

  /**
   * Computes what depends on decoded pictures alone: tokens, unless the bridge reads the prompt, and
   * features, where these are needed later. The pixels are then no longer held.
   *
   * @param goOn asked between the two runs whether anyone still needs the pictures.
   * @returns that of each, in order; null if nobody needed them.
   */
  async encodeImages(
    images: readonly LiveImage[],
    goOn: () => Promise<boolean>,
  ): Promise<EncodedImage[] | null> {
    const pixels = images.map((image) => image.pixels!)
    for (const image of images) {
      image.pixels = null
    }
    const count = images.length
    const vision = await this.#counters.time('vision', count, () => this.#encoder.encode(pixels))
    const { bridge } = this.#encoder
    let tokens: readonly ImageTokens[] | null = null
    let bridgeMs = 0
    if (bridge !== null && !bridge.readsPrompt) {
      if (!(await goOn())) {
        return null
      }
      const run = () => bridge.run(vision.result)
      const bridged = await this.#counters.time('bridge', count, run)
      tokens = bridged.result
      bridgeMs = bridged.ms
    }
    const needsFeatures = tokens === null || this.#matching !== null
    return images.map(({ preprocessMs }, i) => ({
      data: {
        features: needsFeatures ? vision.result[i]! : null,
        tokens: tokens?.[i] ?? null,
        distance: this.#distance?.(vision.result[i]!) ?? null,
      },
      timings: { preprocessMs, visionMs: vision.ms, bridgeMs },
    }))
  }

  /** The tokens of pictures for prompts that the bridge reads. @returns those of each, in order. */
  async bridge(
    requests: readonly {
      readonly key: string
      readonly encoded: EncodedImage
      readonly prompt: string
    }[],
  ): Promise<Encoded[]> {
    const features = requests.map(({ encoded }) => featuresOf(encoded))
    const instructions = requests.map(({ prompt }) => prompt)
    const run = () => this.#wantedBridge().run(features, instructions)
    const { result, ms } = await this.#counters.time('bridge', requests.length, run)
    return requests.map(({ key, encoded }, i) => ({
      // Equal keys have equal tokens, and these depend on both.
      image: { key: `${key}:${hashOf(instructions[i]!)}`, tokens: result[i]! },
      distance: encoded.data.distance,
      timings: { ...encoded.timings, bridgeMs: ms },
    }))
  }

  /** The vector of a text, float32 [width], of length 1. */
  async embedText(ids: readonly number[]): Promise<Float32Array> {
    const run = () => this.#wantedMatching().matcher.textVector(ids)
    return (await this.#counters.time('bridge', 1, run)).result
  }

  /** What texts are compared with, of a picture whose features are known. */
  async embedImage({ encoded }: LiveImage): Promise<JudgedVectors> {
    const { matcher, distance } = this.#wantedMatching()
    const features = featuresOf(encoded)
    const run = () => matcher.imageVectors(features)
    const { result } = await this.#counters.time('bridge', 1, run)
    return { ...result, distance: distance?.(features) ?? null }
  }

  /** The probability that a text fits a picture, whose features are known. */
  async match({ encoded }: LiveImage, ids: readonly number[]): Promise<number> {
    const run = () => this.#wantedMatching().matcher.probability(featuresOf(encoded), ids)
    return (await this.#counters.time('bridge', 1, run)).result
  }

  /** Runs a prompt. */
  async prefill({ layout }: Extract<Work, { readonly kind: 'prefill' }>): Promise<Prefilled> {
    const run = () => this.#sequences.prefill(layout)
    return (await this.#counters.time('prefill', 1, run)).result
  }

  /**
   * Runs everything that waits for logits.
   *
   * @returns the logits of each, float32 [rows, vocabSize] of a step and [ids, vocabSize] of a score,
   *   or the error of its run.
   */
  async decode(works: readonly DecoderWork[]): Promise<Map<DecoderWork, Float32Array | Error>> {
    const results = new Map<DecoderWork, Float32Array | Error>()
    const together: { readonly work: DecoderWork; readonly step: DecodeStep }[] = []
    for (const work of works) {
      if (work.kind === 'score') {
        const score = () => this.#sequences.score(work.sequence, work.ids)
        results.set(work, await this.#run('prefill', 1, score))
      } else if (work.step.tokens.length > 1) {
        const { step } = work
        const run = () => this.#sequences.stepAlone(step)
        results.set(work, await this.#run('decode', step.tokens.length, run))
      } else {
        together.push({ work, step: work.step })
      }
    }
    if (together.length > 0) {
      const steps = together.map(({ step }) => step)
      const run = () => this.#sequences.stepTogether(steps)
      const logits = await this.#run('decode', steps.length, run)
      together.forEach(({ work }, i) => {
        results.set(work, logits instanceof Error ? logits : logits[i]!)
      })
    }
    return results
  }

  /** Ends a sequence. @param keep whether its keys and values may be kept. */
  end(sequence: Sequence, keep: boolean): Promise<void> {
    return this.#sequences.end(sequence, keep)
  }

  /** Deletes the keys and values of pictures; not during a run. */
  forget(keys: readonly string[]): void {
    this.#sequences.forget(keys)
  }

  #wantedBridge(): Bridge {
    if (this.#encoder.bridge === null) {
      throw new TypeError('expected a model that writes text')
    }
    return this.#encoder.bridge
  }

  #wantedMatching(): Matching {
    if (this.#matching === null) {
      throw new TypeError('expected a model that compares pictures with texts')
    }
    return this.#matching
  }

  async #run<Result>(
    stage: 'prefill' | 'decode',
    rows: number,
    run: () => Promise<Result>,
  ): Promise<Result | Error> {
    try {
      return (await this.#counters.time(stage, rows, run)).result
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
  }
}

function featuresOf(encoded: EncodedImage | null): ImageFeatures {
  if (!encoded?.data.features) {
    throw new RangeError('expected the features of a picture that was encoded')
  }
  return encoded.data.features
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

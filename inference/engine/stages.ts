/** The runs of the engine's loop, each measured: pictures, prompts, steps. */

import type { Counters } from './counters.ts'
import type { ImageEncoder, Pixels } from '../families/runner.ts'
import type { LiveImage } from './images.ts'
import type { LiveJob } from './live-request.ts'
import type { Begun, Encoded, Need, Sequence } from './work.ts'
import type { Sequences, StepNeed } from './sequences.ts'

export class Stages {
  readonly #encoder: ImageEncoder
  readonly #sequences: Sequences
  readonly #counters: Counters

  constructor(encoder: ImageEncoder, sequences: Sequences, counters: Counters) {
    this.#encoder = encoder
    this.#sequences = sequences
    this.#counters = counters
  }

  /** Decodes an image file. @throws {InputError} if it is none. */
  preprocess(bytes: Uint8Array): Promise<{ readonly result: Pixels; readonly ms: number }> {
    return this.#counters.time('preprocess', 1, () => this.#encoder.preprocess(bytes))
  }

  /**
   * Computes the tokens of decoded pictures, whose pixels are then no longer held.
   *
   * @param goOn asked between the two runs whether anyone still wants the tokens.
   * @returns tokens of each, in order; null if nobody wanted them.
   */
  async see(images: readonly LiveImage[], goOn: () => Promise<boolean>): Promise<Encoded[] | null> {
    const pixels = images.map((image) => image.pixels!)
    for (const image of images) {
      image.pixels = null
    }
    const count = images.length
    const vision = await this.#counters.time('vision', count, () => this.#encoder.encode(pixels))
    if (!(await goOn())) {
      return null
    }
    const tokens = await this.#counters.time('bridge', count, () =>
      this.#encoder.bridge(vision.result),
    )
    return images.map(({ key, preprocessMs }, i) => ({
      image: { key, tokens: tokens.result[i]! },
      timings: { preprocessMs, visionMs: vision.ms, bridgeMs: tokens.ms },
    }))
  }

  /** Runs a prompt. */
  async begin({ layout }: Extract<Need, { readonly kind: 'prompt' }>): Promise<Begun> {
    const run = () => this.#sequences.begin(layout)
    return (await this.#counters.time('prefill', 1, run)).result
  }

  /** One step of every job that needs one; the error of a run in the place of its logits. */
  async step<Owner>(
    jobs: readonly LiveJob<Owner>[],
  ): Promise<Map<LiveJob<Owner>, Float32Array | Error>> {
    const results = new Map<LiveJob<Owner>, Float32Array | Error>()
    const together: { readonly job: LiveJob<Owner>; readonly need: StepNeed }[] = []
    for (const job of jobs) {
      const { need } = job
      if (need?.kind === 'look') {
        const look = () => this.#sequences.score(need.sequence, need.ids)
        results.set(job, await this.#run('prefill', 1, look))
      } else if (need?.kind === 'step' && need.tokens.length > 1) {
        const step = () => this.#sequences.stepAlone(need)
        results.set(job, await this.#run('decode', need.tokens.length, step))
      } else if (need?.kind === 'step') {
        together.push({ job, need })
      }
    }
    if (together.length > 0) {
      const needs = together.map(({ need }) => need)
      const step = () => this.#sequences.stepTogether(needs)
      const logits = await this.#run('decode', needs.length, step)
      together.forEach(({ job }, i) => {
        results.set(job, logits instanceof Error ? logits : logits[i]!)
      })
    }
    return results
  }

  /** Ends a sequence. @param whole whether its last run went well. */
  end(sequence: Sequence, whole: boolean): Promise<void> {
    return this.#sequences.end(sequence, whole)
  }

  /** Deletes the keys and values of pictures; not during a run. */
  forget(keys: readonly string[]): void {
    this.#sequences.forget(keys)
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

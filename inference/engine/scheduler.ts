/**
 * The scheduler: takes requests in a fair order and carries many out at once, run by run.
 *
 *     queue ─ admit ─▶ images encoded together ─▶ prompts ─▶ one step of all sequences ─┐
 *       ▲                                                                               │
 *       └────────────── messages are read, cancelled and late requests dropped ◀────────┘
 *
 * A run cannot be interrupted, so messages are read between two runs.
 */

import { InputError } from '../../config/errors.ts'
import type { ModelStats } from '../contract/types.ts'
import { nextToAdmit } from './admission.ts'
import type { Counters } from './counters.ts'
import { EncoderBatches } from './encoder-batches.ts'
import { FairQueue } from './fair-queue.ts'
import type { Images } from './images.ts'
import { Cancelled, type Incoming } from './incoming.ts'
import type { LiveRequest, QueuedRequest } from './live-request.ts'
import { LiveRequests } from './live-requests.ts'
import { Matchings } from './matching/matchings.ts'
import type { SchedulerOptions } from '../contract/options.ts'
import { type EngineRequest, imagesOf } from '../contract/requests.ts'
import type { PictureText } from '../ocr/read-picture.ts'
import { Readings, type ReadingOptions } from './reading/readings.ts'
import type { DecoderWork, Runs } from './runs.ts'
import type { Prefilled, Program } from './work.ts'

/** What it needs of the runs. */
type SchedulerRuns = Pick<Runs, keyof Runs>

type CreateProgram = (request: EngineRequest, onStep: Incoming['step']) => Program

export class Scheduler {
  readonly #createProgram: CreateProgram
  readonly #runs: SchedulerRuns
  readonly #images: Images
  readonly #options: SchedulerOptions
  readonly #counters: Counters
  readonly #queue: FairQueue<QueuedRequest>
  readonly #live: LiveRequests
  readonly #encoder: EncoderBatches
  readonly #matchings: Matchings
  readonly #readings: Readings
  readonly #cancelled = new Set<number>()
  /** Pictures whose keys and values are to be deleted between two runs. */
  readonly #forgotten: { readonly keys: readonly string[]; readonly deleted: () => void }[] = []
  #working: Promise<void> | null = null
  #wake = () => {}

  constructor(
    createProgram: CreateProgram,
    runs: SchedulerRuns,
    images: Images,
    counters: Counters,
    options: SchedulerOptions,
    reading: ReadingOptions,
  ) {
    this.#createProgram = createProgram
    this.#runs = runs
    this.#images = images
    this.#counters = counters
    this.#options = options
    this.#queue = new FairQueue(options.queueLimit)
    this.#live = new LiveRequests({
      runs,
      counters,
      waits: async (live) => {
        this.#readings.begin(live)
        await this.#encoder.provide(live)
      },
      ended: (request) => {
        this.#queue.ended(request)
        this.#cancelled.delete(request.id)
        images.release(request.images)
      },
    })
    this.#encoder = new EncoderBatches({
      runs,
      images,
      live: this.#live,
      maxImages: options.maxImages,
      betweenRuns: () => this.#betweenRuns(),
      wake: () => this.#wake(),
    })
    this.#matchings = new Matchings(this.#live, runs)
    this.#readings = new Readings(this.#live, reading, () => this.#wake())
  }

  /** Queues a request. An invalid one fails at once. */
  add(incoming: Incoming): void {
    const claimed = this.#claim(incoming)
    if ('missing' in claimed) {
      incoming.missing(claimed.missing)
      return
    }
    const { images, text = null } = claimed
    let program: Program
    try {
      program = this.#createProgram(incoming.request, incoming.step)
    } catch (error) {
      this.#images.release(images)
      this.#counters.count('failed')
      incoming.failed(error)
      return
    }
    const { id, claim } = incoming
    const request = { id, claim, incoming, program, images, text, position: -1 }
    const refused = this.#queue.add(request)
    if (refused) {
      this.#images.release(refused.images)
      this.#counters.count('refused')
      refused.incoming.failed(new InputError('queue/full'))
    }
    this.#wake()
    this.#working ??= this.#work()
  }

  /**
   * The request's pictures, or the keys of those that are not here. A text that is known is taken at
   * once: it may be forgotten before the request's turn, and its file did not come.
   */
  #claim({
    request,
    cacheable,
  }: Incoming): ReturnType<Images['claim']> & { readonly text?: PictureText | null } {
    if (request.kind !== 'read') {
      return this.#images.claim(imagesOf(request), cacheable)
    }
    const { image } = request
    const text = this.#readings.textOf(image.key)
    return image.bytes || text
      ? { images: [this.#images.claimFile(image, cacheable)], text }
      : { missing: [image.key] }
  }

  /** Ends a request before its next run. Unknown ids are ignored. */
  cancel(id: number): void {
    const known = [...this.#queue.waiting, ...this.#live.requests]
    if (known.some((request) => request.id === id)) {
      this.#cancelled.add(id)
      this.#wake()
    }
  }

  /**
   * Deletes what was computed from pictures, by the content hash of their files. Requests for them
   * go on, but nothing of them is cached.
   */
  async forget(keys: readonly string[]): Promise<void> {
    this.#images.forget(keys)
    this.#readings.forget(keys)
    const { promise, resolve: deleted } = Promise.withResolvers<void>()
    this.#forgotten.push({ keys, deleted })
    this.#wake()
    if (this.#working === null) {
      this.#deleteForgotten()
    }
    await promise
  }

  /** Cancels everything and waits for the run in flight. */
  async drain(): Promise<void> {
    for (const { id } of [...this.#queue.waiting, ...this.#live.requests]) {
      this.cancel(id)
    }
    await this.#working
    await this.#readings.close()
  }

  counts(): Pick<ModelStats, 'queued' | 'live'> {
    return { queued: this.#queue.size, live: this.#live.all.length }
  }

  /** What the text reader has done. */
  reading(): ReturnType<Readings['stats']> {
    return this.#readings.stats()
  }

  async #work(): Promise<void> {
    await nextTurn() // requests that came together are encoded together
    while (this.#queue.size > 0 || this.#live.all.length > 0) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      await this.#drop()
      await this.#admit()
      let ran = false
      const tried = async (run: () => Promise<boolean>): Promise<boolean> => {
        const done = await run()
        if (done) {
          ran = true
          await this.#betweenRuns()
        }
        return done
      }
      await tried(this.#encoder.encode)
      await tried(this.#encoder.bridge)
      await tried(this.#matchings.run)
      // All prompts before a step, which takes little longer for eight sequences than for one.
      while (await tried(this.#prefill)) {}
      await tried(this.#decode)
      await tried(this.#readings.run)
      if (!ran && this.#live.all.length > 0) {
        await woken // a picture was decoded, or a message came
      }
    }
    this.#cancelled.clear()
    this.#deleteForgotten()
    this.#working = null
  }

  /** Reads messages, and drops what these cancel and what is late. */
  async #betweenRuns(): Promise<void> {
    await nextTurn()
    await this.#drop()
  }

  #deleteForgotten(): void {
    for (const { keys, deleted } of this.#forgotten.splice(0)) {
      this.#runs.forget(keys)
      deleted()
    }
  }

  /** Ends what was cancelled or came too late, in the queue or at work. */
  async #drop(): Promise<void> {
    this.#deleteForgotten()
    const now = Date.now()
    for (const request of this.#queue.waiting.slice()) {
      const reason = this.#dropReason(request, now)
      if (reason) {
        this.#queue.remove(request.id)
        this.#images.release(request.images)
        this.#live.reject(request, reason)
      }
    }
    for (const live of this.#live.all.slice()) {
      const reason = this.#dropReason(live.request, now)
      if (reason) {
        await this.#live.fail(live, reason, true)
      }
    }
  }

  #dropReason({ id, claim }: QueuedRequest, now: number): Error | null {
    if (this.#cancelled.delete(id)) {
      return new Cancelled('cancelled')
    }
    return claim.deadline < now ? new InputError('queue/deadline') : null
  }

  async #admit(): Promise<void> {
    const { maxSequences } = this.#options
    const next = () => nextToAdmit(this.#queue, this.#live.requests, maxSequences)
    for (let request = next(); request !== null; request = next()) {
      this.#queue.take(request)
      await this.#live.start(request)
    }
    for (const [ahead, request] of this.#queue.order().entries()) {
      if (request.position !== ahead) {
        request.position = ahead
        request.incoming.position(ahead)
      }
    }
  }

  /** Runs the prompt of the request that was admitted first of those that have their picture. */
  readonly #prefill = async (): Promise<boolean> => {
    const live = this.#live.all.find(({ work }) => work?.kind === 'prefill')
    if (live?.work?.kind !== 'prefill') {
      return false
    }
    const { work } = live
    let prefilled: Prefilled
    try {
      prefilled = await this.#runs.prefill(work)
    } catch (error) {
      await this.#live.fail(live, error)
      return true
    }
    live.sequence = prefilled.sequence
    await this.#live.resume(live, () => work.done(prefilled))
    return true
  }

  /** Gives every sequence its next token. */
  readonly #decode = async (): Promise<boolean> => {
    const waiting = new Map<DecoderWork, LiveRequest>()
    for (const live of this.#live.all) {
      if (live.work?.kind === 'decode' || live.work?.kind === 'score') {
        waiting.set(live.work, live)
      }
    }
    for (const [work, logits] of await this.#runs.decode([...waiting.keys()])) {
      const live = waiting.get(work)!
      if (logits instanceof Error) {
        await this.#live.fail(live, logits)
      } else {
        await this.#live.resume(live, () => work.done(logits))
      }
    }
    return waiting.size > 0
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/**
 * The scheduler: takes requests in a fair order and carries many out at once, run by run.
 *
 *     queue ─ admit ─▶ images encoded together ─▶ prompts ─▶ one step of all sequences ─┐
 *       ▲                                                                               │
 *       └────────────── messages are read, cancelled and late requests dropped ◀────────┘
 *
 * A run cannot be interrupted, so whatever comes is looked at between two runs.
 */

import { InputError } from '../../config/errors.ts'
import { endThread } from '../runtime/end-thread.ts'
import type { ModelStats, Step } from '../contract/types.ts'
import { nextToAdmit } from './admission.ts'
import type { Counters } from './counters.ts'
import { FairQueue } from './fair-queue.ts'
import { type Images, type LiveImage, takeEncoded } from './images.ts'
import { Cancelled, type Incoming } from './incoming.ts'
import type { LiveRequest, QueuedRequest } from './live-request.ts'
import { LiveRequests } from './live-requests.ts'
import type { SchedulerOptions } from '../contract/options.ts'
import type { EngineRequest } from '../contract/requests.ts'
import type { DecoderWork, Runs } from './runs.ts'
import type { Prefilled, Program } from './work.ts'

/** What it needs of the runs. */
type SchedulerRuns = Pick<Runs, keyof Runs>

type CreateProgram = (request: EngineRequest, onStep: (step: Step) => void) => Program

export class Scheduler {
  readonly #createProgram: CreateProgram
  readonly #runs: SchedulerRuns
  readonly #images: Images
  readonly #options: SchedulerOptions
  readonly #counters: Counters
  readonly #queue: FairQueue<QueuedRequest>
  readonly #live: LiveRequests
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
      waits: (live) => this.#provide(live),
      ended: (request) => {
        this.#queue.ended(request)
        images.release(request.image)
      },
    })
  }

  /** Takes a request; what is wrong with it is told at once. */
  add(incoming: Incoming): void {
    const image = this.#images.claim(incoming.request.image, incoming.cacheable)
    if (!image) {
      incoming.missing()
      return
    }
    let program: Program
    try {
      program = this.#createProgram(incoming.request, (step) => incoming.step(step))
    } catch (error) {
      this.#images.release(image)
      this.#counters.count('failed')
      incoming.failed(error)
      return
    }
    const { id, claim } = incoming
    const refused = this.#queue.add({ id, claim, incoming, program, image, position: -1 })
    if (refused) {
      this.#images.release(refused.image)
      this.#counters.count('refused')
      refused.incoming.failed(new InputError('queue/full'))
    }
    this.#wake()
    this.#working ??= this.#work()
  }

  /** Ends a request before its next run. Unknown ids are ignored. */
  cancel(id: number): void {
    this.#cancelled.add(id)
    this.#wake()
    if (this.#working === null) {
      this.#cancelled.clear()
    }
  }

  /**
   * Deletes what was computed from pictures, by the content hash of their files. Requests for them
   * go on, but nothing of them is cached.
   */
  async forget(keys: readonly string[]): Promise<void> {
    this.#images.forget(keys)
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
  }

  counts(): Pick<ModelStats, 'queued' | 'live'> {
    return { queued: this.#queue.size, live: this.#live.all.length }
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
          await nextTurn()
          await this.#drop()
        }
        return done
      }
      await tried(this.#encode)
      await tried(this.#bridge)
      // All prompts before a step, which takes little longer for eight sequences than for one.
      while (await tried(this.#prefill)) {}
      await tried(this.#decode)
      if (!ran && this.#live.all.length > 0) {
        await woken // by a decoded picture or a message
      }
    }
    this.#cancelled.clear()
    this.#deleteForgotten()
    this.#working = null
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
        this.#images.release(request.image)
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

  /** Encodes pictures that are decoded. */
  readonly #encode = async (): Promise<boolean> => {
    const decoded = this.#live.requests
      .map(({ image }) => image)
      .filter(({ pixels }) => pixels !== null)
    const images = [...new Set(decoded)].slice(0, this.#options.maxImages)
    if (images.length === 0) {
      return false
    }
    try {
      const encoded = await this.#runs.encodeImages(images, async () => {
        await nextTurn()
        await this.#drop()
        return images.some(({ users }) => users > 0)
      })
      for (const [i, one] of (encoded ?? []).entries()) {
        this.#images.finish(images[i]!, one)
      }
    } catch (error) {
      for (const image of images) {
        this.#images.fail(image, error)
      }
    }
    await this.#provideAll(images)
    return true
  }

  /** Runs the bridge for requests whose picture is encoded, where it reads their prompts. */
  readonly #bridge = async (): Promise<boolean> => {
    const waiting = this.#live.all.flatMap((live) => {
      const { work, request } = live
      return this.#runs.bridgeReadsPrompt && work?.kind === 'encode' && request.image.encoded
        ? [{ live, work }]
        : []
    })
    const together = waiting.slice(0, this.#options.maxImages)
    if (together.length === 0) {
      return false
    }
    try {
      const inputs = together.map(({ live, work }) => {
        const { image } = live.request
        return { key: image.key, encoded: takeEncoded(image)!, prompt: work.prompt }
      })
      for (const [i, encoded] of (await this.#runs.bridge(inputs)).entries()) {
        const { live, work } = together[i]!
        await this.#live.resume(live, () => work.done(encoded))
      }
    } catch (error) {
      for (const { live } of together) {
        await this.#live.fail(live, error)
      }
    }
    return true
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

  /** Gives a request that waits for it its picture, or has that decoded. */
  async #provide(live: LiveRequest): Promise<void> {
    const { work, request } = live
    const { image } = request
    if (work?.kind !== 'encode') {
      return
    }
    if (image.failure) {
      await this.#live.fail(live, image.failure.error)
    } else if (image.bytes) {
      this.#preprocess(image, image.bytes).catch(endThread)
    } else if (!this.#runs.bridgeReadsPrompt) {
      const encoded = takeEncoded(image)
      if (encoded) {
        const { data: tokens, timings } = encoded
        const { key } = image
        await this.#live.resume(live, () => work.done({ image: { key, tokens }, timings }))
      }
    }
  }

  async #provideAll(images: readonly LiveImage[]): Promise<void> {
    for (const live of this.#live.all.slice()) {
      if (images.includes(live.request.image)) {
        await this.#provide(live)
      }
    }
  }

  async #preprocess(image: LiveImage, bytes: Uint8Array): Promise<void> {
    image.bytes = null
    try {
      const { result, ms } = await this.#runs.preprocess(bytes)
      image.pixels = result
      image.preprocessMs = ms
    } catch (error) {
      this.#images.fail(image, error)
      await this.#provideAll([image])
    }
    this.#wake()
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

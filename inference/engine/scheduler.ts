/**
 * The engine's loop: takes requests in a fair order and carries many out at once, run by run.
 *
 *     waiting ─ admit ─▶ pictures seen together ─▶ prompts ─▶ one step of all sequences ─┐
 *        ▲                                                                               │
 *        └────────────── messages are read, cancelled and late requests dropped ◀────────┘
 *
 * A run cannot be interrupted, so whatever comes is looked at between two runs.
 */

import { hasCode, InputError } from '../../config/errors.ts'
import { endThread } from '../runtime/end-thread.ts'
import type { ModelStats, Step, Urgency } from '../types.ts'
import type { Counters } from './counters.ts'
import { FairQueue } from './fair-queue.ts'
import { Cancelled, type Incoming } from './incoming.ts'
import type { Made } from './programs.ts'
import { type Images, type LiveImage, takeEncoded } from './images.ts'
import { LiveJob } from './live-request.ts'
import type { Begun, Given } from './work.ts'
import type { LoopOptions } from './options.ts'
import type { EngineRequest, EngineResult } from './requests.ts'
import type { Stages } from './stages.ts'

/** The runs themselves. */
type Runs = Pick<Stages, 'preprocess' | 'see' | 'begin' | 'step' | 'end' | 'forget'>

type Waiting = Pick<Incoming, 'id' | 'claim'> & {
  readonly incoming: Incoming
  readonly made: Made
  readonly image: LiveImage
  position: number
}

/** Urgencies that may not take all the room. */
const IN_BACKGROUND: ReadonlySet<Urgency> = new Set(['background', 'bulk'])

export class EngineLoop {
  readonly #make: (request: EngineRequest, onStep: (step: Step) => void) => Made
  readonly #stages: Runs
  readonly #images: Images
  readonly #options: LoopOptions
  readonly #counters: Counters
  readonly #queue: FairQueue<Waiting>
  readonly #live: LiveJob<Waiting>[] = []
  readonly #cancelled = new Set<number>()
  /** Pictures whose keys and values are to be deleted between two runs. */
  #forgotten: { readonly keys: readonly string[]; readonly deleted: () => void }[] = []
  #working: Promise<void> | null = null
  #wake = () => {}

  constructor(
    make: (request: EngineRequest, onStep: (step: Step) => void) => Made,
    stages: Runs,
    images: Images,
    counters: Counters,
    options: LoopOptions,
  ) {
    this.#make = make
    this.#stages = stages
    this.#images = images
    this.#counters = counters
    this.#options = options
    this.#queue = new FairQueue(options.queueLimit)
  }

  /** Takes a request; what is wrong with it is told at once. */
  add(incoming: Incoming): void {
    const image = this.#images.claim(incoming.request.image, incoming.cacheable)
    if (!image) {
      incoming.missing()
      return
    }
    let made: Made
    try {
      made = this.#make(incoming.request, (step) => incoming.step(step))
    } catch (error) {
      this.#images.release(image)
      this.#counters.count('failed')
      incoming.failed(error)
      return
    }
    const { id, claim } = incoming
    const waiting = { id, claim, incoming, made, image, position: -1 }
    const refused = this.#queue.add(waiting)
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
    for (const { id } of [...this.#queue.waiting, ...this.#live.map(({ owner }) => owner)]) {
      this.cancel(id)
    }
    await this.#working
  }

  counts(): Pick<ModelStats, 'queued' | 'live'> {
    return { queued: this.#queue.size, live: this.#live.length }
  }

  async #work(): Promise<void> {
    await turnOfTheLoop() // requests that came together are seen together
    while (this.#queue.size > 0 || this.#live.length > 0) {
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
          await turnOfTheLoop()
          await this.#drop()
        }
        return done
      }
      await tried(this.#see)
      // All prompts before a step, which takes little longer for eight sequences than for one.
      while (await tried(this.#prompt)) {}
      await tried(this.#step)
      if (!ran && this.#live.length > 0) {
        await woken // by a decoded picture or a message
      }
    }
    this.#cancelled.clear()
    this.#deleteForgotten()
    this.#working = null
  }

  #deleteForgotten(): void {
    for (const { keys, deleted } of this.#forgotten.splice(0)) {
      this.#stages.forget(keys)
      deleted()
    }
  }

  /** Ends what was cancelled or came too late, waiting or at work. */
  async #drop(): Promise<void> {
    this.#deleteForgotten()
    const now = Date.now()
    for (const waiting of this.#queue.waiting.slice()) {
      const error = this.#whyDrop(waiting, now)
      if (error) {
        this.#queue.remove(waiting.id)
        this.#images.release(waiting.image)
        this.#fail(waiting, error)
      }
    }
    for (const live of this.#live.slice()) {
      const error = this.#live.includes(live) ? this.#whyDrop(live.owner, now) : null
      if (error) {
        await this.#end(live, true)
        this.#fail(live.owner, error)
      }
    }
  }

  #whyDrop({ id, incoming }: Waiting, now: number): Error | null {
    if (this.#cancelled.delete(id)) {
      return new Cancelled('cancelled')
    }
    return incoming.claim.deadline < now ? new InputError('queue/deadline') : null
  }

  async #admit(): Promise<void> {
    for (;;) {
      const background = this.#rows(({ claim }) => IN_BACKGROUND.has(claim.urgency))
      const next = this.#queue.peek(
        ({ claim, made }) =>
          !IN_BACKGROUND.has(claim.urgency) ||
          background === 0 ||
          background + rowsOf(made) <= this.#options.rows / 2,
      )
      const taken = this.#rows(() => true)
      if (!next || (taken > 0 && taken + rowsOf(next.made) > this.#options.rows)) {
        break
      }
      this.#queue.take(next)
      const live = new LiveJob(next, next.made.job)
      this.#live.push(live)
      await this.#advance(live, undefined)
    }
    for (const [ahead, waiting] of this.#queue.order().entries()) {
      if (waiting.position !== ahead) {
        waiting.position = ahead
        waiting.incoming.position(ahead)
      }
    }
  }

  #rows(counted: (owner: Waiting) => boolean): number {
    return this.#live
      .filter(({ owner }) => counted(owner))
      .reduce((sum, { owner }) => sum + rowsOf(owner.made), 0)
  }

  /** Computes the tokens of the pictures that are decoded. */
  readonly #see = async (): Promise<boolean> => {
    const decoded = this.#live
      .map(({ owner }) => owner.image)
      .filter(({ pixels }) => pixels !== null)
    const images = [...new Set(decoded)].slice(0, this.#options.pictures)
    if (images.length === 0) {
      return false
    }
    try {
      const encoded = await this.#stages.see(images, async () => {
        await turnOfTheLoop()
        await this.#drop()
        return images.some(({ users }) => users > 0)
      })
      for (const [i, tokens] of (encoded ?? []).entries()) {
        this.#images.finish(images[i]!, tokens)
      }
    } catch (error) {
      for (const image of images) {
        this.#images.fail(image, error)
      }
    }
    await this.#goOn(images)
    return true
  }

  /** Gives pictures that are encoded, or cannot be, to the requests that wait for them. */
  async #goOn(images: readonly LiveImage[]): Promise<void> {
    for (const live of this.#live.slice()) {
      if (live.need?.kind === 'picture' && images.includes(live.owner.image)) {
        await this.#look(live)
      }
    }
  }

  /** Gives a request its picture, or has that decoded. */
  async #look(live: LiveJob<Waiting>): Promise<void> {
    const { image } = live.owner
    const encoded = takeEncoded(image)
    if (encoded) {
      await this.#advance(live, encoded)
    } else if (image.failure) {
      await this.#broken(live, image.failure.error)
    } else if (image.bytes) {
      this.#decode(image, image.bytes).catch(endThread)
    }
  }

  /** Runs the prompt of the most urgent request that has its picture. */
  readonly #prompt = async (): Promise<boolean> => {
    const live = this.#live.find(({ need }) => need?.kind === 'prompt')
    if (live?.need?.kind !== 'prompt') {
      return false
    }
    let begun: Begun
    try {
      begun = await this.#stages.begin(live.need)
    } catch (error) {
      await this.#broken(live, error)
      return true
    }
    live.sequence = begun.sequence
    await this.#advance(live, begun)
    return true
  }

  /** Gives every sequence its next token. */
  readonly #step = async (): Promise<boolean> => {
    const stepping = this.#live.filter(({ need }) => need?.kind === 'step' || need?.kind === 'look')
    const results = await this.#stages.step(stepping)
    for (const [live, result] of results) {
      if (result instanceof Error) {
        await this.#broken(live, result)
      } else {
        await this.#advance(live, result)
      }
    }
    return stepping.length > 0
  }

  /** Gives a job what it asked for and learns its next need, unless it was ended meanwhile. */
  async #advance(live: LiveJob<Waiting>, given: Given): Promise<void> {
    if (!this.#live.includes(live)) {
      return
    }
    let result: EngineResult | null
    try {
      result = live.next(given)
    } catch (error) {
      await this.#broken(live, error)
      return
    }
    if (result) {
      await this.#end(live, true)
      this.#counters.count('done')
      live.owner.incoming.done(result)
    } else if (live.need?.kind === 'picture') {
      await this.#look(live)
    }
  }

  async #decode(image: LiveImage, bytes: Uint8Array): Promise<void> {
    image.bytes = null
    try {
      const { result, ms } = await this.#stages.preprocess(bytes)
      image.pixels = result
      image.preprocessMs = ms
    } catch (error) {
      this.#images.fail(image, error)
      await this.#goOn([image])
    }
    this.#wake()
  }

  /** Ends a job whose run failed. */
  async #broken(live: LiveJob<Waiting>, error: unknown): Promise<void> {
    if (this.#live.includes(live)) {
      await this.#end(live, false)
      this.#fail(live.owner, error)
    }
  }

  async #end(live: LiveJob<Waiting>, whole: boolean): Promise<void> {
    this.#live.splice(this.#live.indexOf(live), 1)
    this.#queue.ended(live.owner)
    const { image, incoming } = live.owner
    this.#images.release(image)
    if (live.sequence) {
      const cacheable = image.cacheable && incoming.cacheable
      await this.#stages.end(live.sequence, whole && cacheable)
    }
  }

  #fail({ incoming }: Waiting, error: unknown): void {
    this.#counters.count(hasCode(error, 'queue/deadline') ? 'late' : 'failed')
    incoming.failed(error)
  }
}

/** An embedding takes no row of the decoder, but the same memory and time before it. */
function rowsOf({ rows }: Made): number {
  return Math.max(rows, 1)
}

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

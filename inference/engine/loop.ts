/**
 * The engine's loop: takes requests in a fair order and carries many out at once, run by run.
 *
 *     waiting ─ admit ─▶ pictures seen together ─▶ prompts ─▶ one step of all sequences ─┐
 *        ▲                                                                               │
 *        └────────────── messages are read, cancelled and late requests dropped ◀────────┘
 *
 * A run cannot be interrupted, so whatever comes is looked at between two runs.
 */

import { QueueFullError, TooLateError } from '../errors.ts'
import type { ModelStats, Step } from '../types.ts'
import type { Counters } from './counters.ts'
import { type Claim, FairQueue } from './fair-queue.ts'
import type { Made } from './jobs.ts'
import { LiveJob } from './live-job.ts'
import type { LoopOptions } from './options.ts'
import type { EngineRequest, EngineResult } from './requests.ts'
import type { Stages } from './stages.ts'

/** A request as it comes. One of `done` and `failed` is called, once. */
export type Incoming = Claim & {
  readonly request: EngineRequest
  /** Milliseconds since 1970; Infinity for none. */
  readonly deadline: number
  step(step: Step): void
  /** How many requests go first, when it waits and that has changed. */
  position(ahead: number): void
  done(result: EngineResult): void
  failed(error: unknown): void
}

/** Told to a request that was cancelled; nobody waits for its result. */
export class Cancelled extends Error {
  override name = 'Cancelled' as const
}

/** The runs themselves. */
type Runs = Pick<Stages, 'preprocess' | 'see' | 'begin' | 'step' | 'end'>

type Waiting = Claim & { readonly incoming: Incoming; readonly made: Made; position: number }

/** Priorities that may not take all the room: someone who waits may come at any moment. */
const BACKGROUND: ReadonlySet<string> = new Set(['alt-text', 'moderation'])

export class EngineLoop {
  readonly #make: (request: EngineRequest, onStep: (step: Step) => void) => Made
  readonly #stages: Runs
  readonly #options: LoopOptions
  readonly #counters: Counters
  readonly #queue: FairQueue<Waiting>
  readonly #live: LiveJob<Waiting>[] = []
  readonly #cancelled = new Set<number>()
  #working: Promise<void> | null = null
  #wake = () => {}

  constructor(
    make: (request: EngineRequest, onStep: (step: Step) => void) => Made,
    stages: Runs,
    counters: Counters,
    options: LoopOptions,
  ) {
    this.#make = make
    this.#stages = stages
    this.#counters = counters
    this.#options = options
    this.#queue = new FairQueue(options.queueLimit)
  }

  /** Takes a request; what is wrong with it is told at once. */
  add(incoming: Incoming): void {
    let made: Made
    try {
      made = this.#make(incoming.request, (step) => incoming.step(step))
    } catch (error) {
      this.#counters.count('failed')
      incoming.failed(error)
      return
    }
    const { id, priority, user, guild } = incoming
    const refused = this.#queue.add({ id, priority, user, guild, incoming, made, position: -1 })
    if (refused) {
      this.#counters.count('refused')
      refused.incoming.failed(new QueueFullError())
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
      this.#drop()
      this.#admit()
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      let ran = false
      const tried = async (run: () => Promise<boolean>): Promise<boolean> => {
        const done = await run()
        if (done) {
          ran = true
          await turnOfTheLoop()
          this.#drop()
        }
        return done
      }
      await tried(this.#see)
      // All prompts before a step, which takes little longer for eight sequences than for one.
      while (await tried(this.#prompt));
      await tried(this.#step)
      if (!ran && this.#live.length > 0) {
        await woken // by a decoded picture or a message
      }
    }
    this.#cancelled.clear()
    this.#working = null
  }

  /** Ends what was cancelled or came too late, waiting or at work. */
  #drop(): void {
    const now = Date.now()
    for (const waiting of this.#queue.waiting.slice()) {
      const error = this.#whyDrop(waiting, now)
      if (error) {
        this.#queue.remove(waiting.id)
        this.#fail(waiting, error)
      }
    }
    for (const live of this.#live.slice()) {
      const error = this.#whyDrop(live.owner, now)
      if (error) {
        this.#end(live, true)
        this.#fail(live.owner, error)
      }
    }
  }

  #whyDrop({ id, incoming }: Waiting, now: number): Error | null {
    if (this.#cancelled.delete(id)) {
      return new Cancelled('cancelled')
    }
    return incoming.deadline < now ? new TooLateError() : null
  }

  #admit(): void {
    for (;;) {
      const background = this.#rows(({ priority }) => BACKGROUND.has(priority))
      const next = this.#queue.peek(
        ({ priority, made }) =>
          !BACKGROUND.has(priority) ||
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
      this.#advance(live, undefined)
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

  /** Makes image tokens of the pictures that are decoded. */
  readonly #see = async (): Promise<boolean> => {
    const seen = this.#live.filter(({ pixels }) => pixels !== null).slice(0, this.#options.pictures)
    if (seen.length === 0) {
      return false
    }
    try {
      const encoded = await this.#stages.see(seen, async () => {
        await turnOfTheLoop()
        this.#drop()
        return seen.some((live) => this.#live.includes(live))
      })
      seen.forEach((live, i) => encoded && this.#advance(live, encoded[i]))
    } catch (error) {
      seen.forEach((live) => this.#broken(live, error))
    }
    return true
  }

  /** Runs the prompt of the most urgent request that has its picture. */
  readonly #prompt = async (): Promise<boolean> => {
    const live = this.#live.find(({ need }) => need?.kind === 'prompt')
    if (live?.need?.kind !== 'prompt') {
      return false
    }
    try {
      const begun = await this.#stages.begin(live.need)
      live.sequence = begun.sequence
      this.#advance(live, begun)
    } catch (error) {
      this.#broken(live, error)
    }
    return true
  }

  /** Gives every sequence its next token. */
  readonly #step = async (): Promise<boolean> => {
    const stepping = this.#live.filter(({ need }) => need?.kind === 'step' || need?.kind === 'look')
    const results = await this.#stages.step(stepping)
    for (const [live, result] of results) {
      if (result instanceof Error) {
        this.#broken(live, result)
      } else {
        this.#advance(live, result)
      }
    }
    return stepping.length > 0
  }

  /** Gives a job what it asked for and learns its next need, unless it was ended meanwhile. */
  #advance(live: LiveJob<Waiting>, given: Parameters<LiveJob<Waiting>['next']>[0]): void {
    if (!this.#live.includes(live)) {
      return
    }
    try {
      const result = live.next(given)
      if (result) {
        this.#end(live, true)
        this.#counters.count('done')
        live.owner.incoming.done(result)
      } else if (live.need?.kind === 'picture') {
        void this.#decode(live, live.need.bytes)
      }
    } catch (error) {
      this.#broken(live, error)
    }
  }

  async #decode(live: LiveJob<Waiting>, bytes: Uint8Array): Promise<void> {
    try {
      const { result, ms } = await this.#stages.preprocess(bytes)
      live.pixels = result
      live.preprocessMs = ms
    } catch (error) {
      this.#broken(live, error)
    }
    this.#wake()
  }

  /** Ends a job whose run failed. */
  #broken(live: LiveJob<Waiting>, error: unknown): void {
    if (this.#live.includes(live)) {
      this.#end(live, false)
      this.#fail(live.owner, error)
    }
  }

  #end(live: LiveJob<Waiting>, whole: boolean): void {
    this.#live.splice(this.#live.indexOf(live), 1)
    this.#queue.ended(live.owner)
    if (live.sequence) {
      this.#stages.end(live.sequence, whole)
    }
  }

  #fail({ incoming }: Waiting, error: unknown): void {
    this.#counters.count(error instanceof TooLateError ? 'late' : 'failed')
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

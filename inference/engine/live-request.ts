/** A request at work: its program, and the run that this waits for. */

import type { Incoming } from './incoming.ts'
import type { LiveImage } from './images.ts'
import type { EngineResult } from '../contract/requests.ts'
import type { PictureText } from '../ocr/read-picture.ts'
import type { EngineRuns, Program, Sequence, Work } from './work.ts'

/** A request that waits for its turn. */
export type QueuedRequest = Pick<Incoming, 'id' | 'claim'> & {
  readonly incoming: Incoming
  readonly program: Program
  /** Those that it is about, in their order; those of a text alone are none. */
  readonly images: readonly LiveImage[]
  /** Of a request to read a picture: its text, if that was known when the request came. */
  readonly text: PictureText | null
  /** How many requests go first, as it was told last; -1 before. */
  position: number
}

/** The picture of a request that is about one. */
export function onlyImage({ images: [image] }: Pick<QueuedRequest, 'images'>): LiveImage {
  if (image === undefined) {
    throw new RangeError('expected a request about a picture')
  }
  return image
}

export class LiveRequest {
  readonly request: QueuedRequest
  /** What the program waits for; null before its start, while it computes, and after its end. */
  work: Work | null = null
  /** From its prompt on. */
  sequence: Sequence | null = null
  /** How the program ended. */
  outcome: { readonly result: EngineResult } | { readonly error: unknown } | null = null
  #paused = Promise.withResolvers<void>()

  constructor(request: QueuedRequest) {
    this.request = request
  }

  /** Starts the program. Settles once it waits for a run, or has ended. */
  async start(): Promise<void> {
    this.request.program.run(this.#runs).then(
      (result) => this.#end({ result }),
      (error: unknown) => this.#end({ error }),
    )
    await this.#paused.promise
  }

  /** Gives the program what it waits for. Settles once it waits for another run, or has ended. */
  async resume(give: () => void): Promise<void> {
    this.work = null
    this.#paused = Promise.withResolvers()
    give()
    await this.#paused.promise
  }

  readonly #runs: EngineRuns = {
    encode: (prompt) => this.#wait((done) => ({ kind: 'encode', prompt, done })),
    read: () => this.#wait((done) => ({ kind: 'read', done })),
    embedText: (ids) => this.#wait((done) => ({ kind: 'embed-text', ids, done })),
    embedImage: () => this.#wait((done) => ({ kind: 'embed-image', done })),
    match: (ids) => this.#wait((done) => ({ kind: 'match', ids, done })),
    prefill: (layout) => this.#wait((done) => ({ kind: 'prefill', layout, done })),
    decode: (step) => this.#wait((done) => ({ kind: 'decode', step, done })),
    score: (sequence, ids) => this.#wait((done) => ({ kind: 'score', sequence, ids, done })),
  }

  #wait<Result>(workFor: (done: (result: Result) => void) => Work): Promise<Result> {
    return new Promise((resolve) => {
      this.work = workFor(resolve)
      this.#paused.resolve()
    })
  }

  #end(outcome: NonNullable<LiveRequest['outcome']>): void {
    this.outcome = outcome
    this.#paused.resolve()
  }
}

/** Work that several may ask for at once is done once, and all of them get its result. */

type Flight<Result> = {
  readonly promise: Promise<Result>
  readonly stop: AbortController
  /** Who still waits. */
  waiting: number
}

export class InFlight<Result> {
  readonly #flights = new Map<string, Flight<Result>>()

  /**
   * The result of the work under way for a key; starts it if there is none.
   *
   * @param work must reject once its signal is aborted: because nobody waits any more, or by `abort`.
   * @param signal ends the waiting of this caller only.
   * @throws the reason of either signal; whatever `work` throws.
   */
  async run(
    key: string,
    work: (signal: AbortSignal) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    signal?.throwIfAborted()
    const flight = this.#flights.get(key) ?? this.#start(key, work)
    flight.waiting += 1
    try {
      return await (signal ? unlessAborted(flight.promise, signal) : flight.promise)
    } finally {
      flight.waiting -= 1
      if (flight.waiting === 0 && this.#flights.get(key) === flight) {
        this.#flights.delete(key)
        flight.stop.abort()
      }
    }
  }

  /** Whether work is under way for a key. */
  has(key: string): boolean {
    return this.#flights.has(key)
  }

  /** Ends the work for every key that `matches`; those who wait get the reason. */
  abort(matches: (key: string) => boolean, reason: Error): void {
    for (const [key, { stop }] of this.#flights) {
      if (matches(key)) {
        this.#flights.delete(key)
        stop.abort(reason)
      }
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<Result>): Flight<Result> {
    const stop = new AbortController()
    const flight = { promise: unlessAborted(work(stop.signal), stop.signal), stop, waiting: 0 }
    this.#flights.set(key, flight)
    const end = () => {
      if (this.#flights.get(key) === flight) {
        this.#flights.delete(key)
      }
    }
    flight.promise.then(end, end)
    return flight
  }
}

/** The same promise, which rejects with the signal's reason once that is aborted. */
function unlessAborted<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) {
      abort()
    }
    signal.addEventListener('abort', abort, { once: true })
    promise.finally(() => signal.removeEventListener('abort', abort)).then(resolve, reject)
  })
}

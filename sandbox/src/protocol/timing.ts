/** Timings of the sandbox, for benchmarks. */

/** How long the server took for a request or an event. */
export type Timing = {
  /** `event` is the dispatch of one event to all sessions. */
  readonly part: 'api' | 'cdn' | 'people' | 'page' | 'event'
  /** The request's method and path without ids, or the event's name. */
  readonly name: string
  readonly ms: number
}

/** How long the sandbox took, for whoever measures it. */

/** How long the server itself took for something. */
export type Timing = {
  /** `event` is the handing of one event to every session. */
  readonly part: 'api' | 'cdn' | 'people' | 'page' | 'event'
  /** The request's method and path without ids, or the event's name. */
  readonly name: string
  readonly ms: number
}

/**
 * How often an application may identify: once in 5 s for each key of `max_concurrency`, and 1000
 * times a day; and how much one connection may send.
 *
 * Source: events/gateway.mdx, "Identifying", "Session Start Limit Object", "Rate Limiting".
 */

import type { Clock } from '../protocol/clock.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const IDENTIFY_INTERVAL_MS = 5000

/** Frames a connection may send in a minute. */
const MAX_FRAMES = 120
const FRAMES_WINDOW_MS = 60_000

/** The result of an identify: allowed, too soon, or over the daily limit. */
export type Start = 'allowed' | 'too soon' | 'used up'

/** The session start limits. */
export type StartLimits = {
  /** Shards that may identify at the same time. */
  readonly maxConcurrency: number
  /** Identifies per day. */
  readonly total: number
  /** Whether each key is limited to one identify in 5 s. */
  readonly spaced: boolean
}

/** Counts session starts. */
export class SessionStarts {
  readonly #clock: Clock
  readonly #limits: StartLimits
  readonly #lastByKey = new Map<number, number>()
  #started = 0
  #windowEndsMs = 0
  #exhausted = false

  constructor(clock: Clock, limits: StartLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /** Counts an identify of that shard if it is allowed. */
  begin(shard: number): Start {
    this.#turnPage()
    if (this.#started >= this.#limits.total) {
      this.#exhausted = true
      return 'used up'
    }
    const now = this.#clock.now()
    const key = shard % this.#limits.maxConcurrency
    const last = this.#lastByKey.get(key)
    if (this.#limits.spaced && last !== undefined && now - last < IDENTIFY_INTERVAL_MS) {
      return 'too soon'
    }
    this.#lastByKey.set(key, now)
    if (this.#started === 0) {
      this.#windowEndsMs = now + DAY_MS
    }
    this.#started += 1
    return 'allowed'
  }

  /** Whether the daily limit was exceeded, so that the token is no longer valid. */
  get exhausted(): boolean {
    this.#turnPage()
    return this.#exhausted
  }

  /** The object of `GET /gateway/bot`; `reset_after` is in milliseconds. */
  describe() {
    this.#turnPage()
    return {
      total: this.#limits.total,
      remaining: this.#limits.total - this.#started,
      reset_after: this.#started === 0 ? 0 : this.#windowEndsMs - this.#clock.now(),
      max_concurrency: this.#limits.maxConcurrency,
    }
  }

  #turnPage(): void {
    if (this.#started === 0 || this.#clock.now() < this.#windowEndsMs) {
      return
    }
    this.#started = 0
    // Discord resets the token for good; the sandbox accepts the old one again after a day.
    this.#exhausted = false
  }
}

/** Counts the frames that one connection sends. */
export class FrameLimit {
  readonly #clock: Clock
  #count = 0
  #windowEndsMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts a frame; false if the limit is exceeded. */
  take(): boolean {
    const now = this.#clock.now()
    if (now >= this.#windowEndsMs) {
      this.#windowEndsMs = now + FRAMES_WINDOW_MS
      this.#count = 0
    }
    this.#count += 1
    return this.#count <= MAX_FRAMES
  }
}

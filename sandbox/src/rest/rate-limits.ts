/**
 * Discord's limits on HTTP requests: per route, global, and for invalid requests.
 *
 * Source: topics/rate-limits.mdx; for numbers that it does not give, `rate-limit-rules.ts`.
 */

import { createHash } from 'node:crypto'
import type { Clock } from '../protocol/clock.ts'
import { ruleFor } from './rate-limit-rules.ts'
import type { Rule } from './rate-limit-rules.ts'

const GLOBAL_WINDOW_MS = 1000
const INVALID_WINDOW_MS = 10 * 60 * 1000
const INVALID_STATUSES = [401, 403, 429]

/** Number of buckets above which expired ones are deleted. */
const MAX_IDLE_BUCKETS = 2000

/** Settings; the defaults are Discord's numbers. */
export type RateLimitSettings = {
  /** Requests in a second over all routes. Default 50. */
  readonly globalPerSecond?: number
  /** Requests answered 401, 403 or 429 within 10 minutes before the ban. Default 10,000. */
  readonly invalidRequests?: number
}

/** A request to count against a limit. */
export type LimitedRequest = {
  readonly method: string
  /** The route's path with its parameters. */
  readonly route: string
  /** The requested path. */
  readonly path: string
  /** Undefined until it has been read; only sublimits depend on it. */
  readonly body?: unknown
}

/** Headers for the response, and the 429 body if the request exceeds a limit. */
export type Verdict = {
  readonly headers: Readonly<Record<string, string>>
  readonly refusal: RateLimited | null
}

/** The body of a 429. `retry_after` is in seconds. */
export type RateLimited = {
  readonly message: string
  readonly retry_after: number
  readonly global: boolean
  readonly code?: number
}

type Window = { count: number; endsMs: number }

const FREE: Verdict = { headers: {}, refusal: null }

/** Counts requests; without settings (`null`) it lets everything through and adds no headers. */
export class RateLimits {
  readonly #clock: Clock
  readonly #settings: Required<RateLimitSettings> | null
  readonly #windows = new Map<string, Window>()
  readonly #global: Window = { count: 0, endsMs: 0 }
  readonly #invalid: Window = { count: 0, endsMs: 0 }

  constructor(clock: Clock, settings: RateLimitSettings | null) {
    this.#clock = clock
    this.#settings = settings && { globalPerSecond: 50, invalidRequests: 10_000, ...settings }
  }

  /** Milliseconds until the ban for invalid requests expires, or 0. */
  bannedForMs(): number {
    if (!this.#settings || this.#invalid.count < this.#settings.invalidRequests) {
      return 0
    }
    return Math.max(0, this.#invalid.endsMs - this.#clock.now())
  }

  /** Counts the request against the global limit and its route's bucket. */
  take(request: LimitedRequest): Verdict {
    if (!this.#settings) {
      return FREE
    }
    // Interaction endpoints do not count against the global limit.
    if (
      !isInteraction(request) &&
      !this.#use(this.#global, this.#settings.globalPerSecond, GLOBAL_WINDOW_MS)
    ) {
      return this.#globally()
    }
    const rule = ruleFor(request.method, request.route)
    return rule ? this.#takeFrom(rule, request) : FREE
  }

  /** Counts the request against a limit that depends on its body. */
  takeSublimit(request: LimitedRequest): Verdict {
    const rule = this.#settings && ruleFor(request.method, request.route)?.sublimit
    if (!rule?.applies(request.body)) {
      return FREE
    }
    return this.#takeFrom({ ...rule, methods: [request.method] }, request)
  }

  /** Counts invalid requests by response status; `scope` is that of a 429. */
  noteAnswer(status: number, scope: string | undefined): void {
    if (!this.#settings || !INVALID_STATUSES.includes(status) || scope === 'shared') {
      return
    }
    this.#use(this.#invalid, Infinity, INVALID_WINDOW_MS)
  }

  #takeFrom(rule: Rule, request: LimitedRequest): Verdict {
    const id = bucketId(rule)
    const window = this.#window(`${id}:${majorOf(request.path)}`)
    const allowed = this.#use(window, rule.limit, rule.windowMs)
    const leftMs = window.endsMs - this.#clock.now()
    const headers = {
      'x-ratelimit-limit': String(rule.limit),
      'x-ratelimit-remaining': String(Math.max(0, rule.limit - window.count)),
      'x-ratelimit-reset': (window.endsMs / 1000).toFixed(3),
      'x-ratelimit-reset-after': (leftMs / 1000).toFixed(3),
      'x-ratelimit-bucket': id,
    }
    if (allowed) {
      return { headers, refusal: null }
    }
    return {
      headers: { ...headers, ...waitHeaders(leftMs), 'x-ratelimit-scope': rule.scope ?? 'user' },
      refusal: refusal(leftMs, false, rule.scope === 'shared', rule.code),
    }
  }

  #globally(): Verdict {
    const leftMs = this.#global.endsMs - this.#clock.now()
    return {
      headers: {
        ...waitHeaders(leftMs),
        'x-ratelimit-global': 'true',
        'x-ratelimit-scope': 'global',
      },
      refusal: refusal(leftMs, true, false),
    }
  }

  /**
   * Fixed windows: a window opens with its first request and closes after `windowMs`.
   */
  #use(window: Window, limit: number, windowMs: number): boolean {
    const now = this.#clock.now()
    if (now >= window.endsMs) {
      window.count = 0
      window.endsMs = now + windowMs
    }
    window.count += 1
    return window.count <= limit
  }

  #window(key: string): Window {
    const existing = this.#windows.get(key)
    if (existing) {
      return existing
    }
    if (this.#windows.size >= MAX_IDLE_BUCKETS) {
      this.#dropIdle()
    }
    const newWindow = { count: 0, endsMs: 0 }
    this.#windows.set(key, newWindow)
    return newWindow
  }

  #dropIdle(): void {
    const now = this.#clock.now()
    for (const [key, window] of this.#windows) {
      if (window.endsMs <= now) {
        this.#windows.delete(key)
      }
    }
  }
}

/** The headers that say how long to wait. */
export function waitHeaders(ms: number): Readonly<Record<string, string>> {
  return { 'retry-after': String(Math.max(1, Math.ceil(ms / 1000))) }
}

/** The body of a 429. */
export function refusal(
  waitMs: number,
  global: boolean,
  shared: boolean,
  code?: number,
): RateLimited {
  return {
    message: shared ? 'The resource is being rate limited.' : 'You are being rate limited.',
    retry_after: Math.max(0, waitMs) / 1000,
    global,
    ...(code === undefined ? {} : { code }),
  }
}

function isInteraction({ path }: LimitedRequest): boolean {
  return /^\/interactions\/|^\/webhooks\/\d+\/[^/]/.test(path)
}

/** The bucket header without major parameters: channels share the header, not the counts. */
function bucketId(rule: Rule): string {
  const key = rule.methods.join() + rule.name
  return createHash('sha256').update(key).digest('hex').slice(0, 32)
}

/** The major parameter: a channel, a guild, or a webhook with its token. */
function majorOf(path: string): string {
  const [kind = '', id = '', token = ''] = path.split('/').slice(1)
  if (kind === 'webhooks' || kind === 'interactions') {
    return `${id}/${token}`
  }
  return kind === 'channels' || kind === 'guilds' ? id : ''
}

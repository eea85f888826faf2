/**
 * GET over undici as the hub needs it: redirects followed by hand so that the token never leaves
 * the hub's own origin, time limits on silence, and failures sorted into passing and final.
 *
 * It knows nothing of repositories or files.
 */

import { Agent, EnvHttpProxyAgent, errors, request, type Dispatcher } from 'undici'
import { ConfigError } from '../../config/errors.ts'
import { PassingError } from './retry.ts'

const MAX_REDIRECTS = 5
const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** Statuses that say "later" rather than "no". */
const PASSING_STATUSES = new Set([408, 425, 429, 500, 502, 503, 504])
/** System errors of a connection that was there or may come back. */
const PASSING_CODES = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENETDOWN',
  'ENETUNREACH',
  'EHOSTUNREACH',
])

/** How long silence is borne. */
export type Timeouts = {
  readonly connectMs: number
  /** Until the status line and headers are there. */
  readonly headersMs: number
  /** Between two pieces of a body; a slow body may take as long as it likes. */
  readonly idleMs: number
}

export const DEFAULT_TIMEOUTS: Timeouts = { connectMs: 15_000, headersMs: 30_000, idleMs: 60_000 }

/** Proxies as HTTP_PROXY, HTTPS_PROXY and NO_PROXY give them. */
export type Proxies = {
  readonly http: string | undefined
  readonly https: string | undefined
  readonly none: string | undefined
}

export type HttpClient = {
  readonly dispatcher: Dispatcher
  readonly token: string | undefined
}

export type HttpAnswer = {
  readonly url: URL
  readonly status: number
  /** The value of a header, the first if there are several. */
  header(name: string): string | undefined
  readonly body: Dispatcher.ResponseData['body']
}

/** Makes the connection pool; close its `dispatcher` when done. */
export function createHttpClient(
  token: string | undefined,
  timeouts: Timeouts = DEFAULT_TIMEOUTS,
  proxies?: Proxies,
): HttpClient {
  const options = {
    connect: { timeout: timeouts.connectMs },
    headersTimeout: timeouts.headersMs,
    bodyTimeout: timeouts.idleMs,
  }
  const proxied = proxies?.http !== undefined || proxies?.https !== undefined
  const dispatcher = proxied
    ? new EnvHttpProxyAgent({
        ...options,
        httpProxy: proxies.http ?? '',
        httpsProxy: proxies.https ?? '',
        noProxy: proxies.none ?? '',
      })
    : new Agent(options)
  return { dispatcher, token }
}

/**
 * GETs a URL. The caller must read or dump the body.
 *
 * @returns an answer that is neither a redirect nor one of the "later" statuses.
 * @throws {PassingError} for what may be gone at the next try, {ConfigError} for what will not.
 */
export async function get(
  client: HttpClient,
  start: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  let url = start
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const answer = await getOnce(client, url, start, headers, signal)
    if (!REDIRECTS.has(answer.status)) {
      return answer
    }
    await answer.body.dump()
    const location = answer.header('location')
    const next = location === undefined ? null : URL.parse(location, url.href)
    if (next === null || !isAllowedHop(url, next)) {
      throw new ConfigError([`${url.host} sends ${url.pathname} on to a place that is not usable.`])
    }
    url = next
  }
  throw new ConfigError([`${start.host} sends ${start.pathname} around in circles.`])
}

/** Turns an error of a connection, seen here or while reading a body, into one of ours. */
export function connectionError(error: unknown, host: string): unknown {
  if (!(error instanceof Error)) {
    return error
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (error instanceof errors.BodyTimeoutError || error instanceof errors.HeadersTimeoutError) {
    return new PassingError(`${host} went silent`, { cause: error })
  }
  if (error instanceof errors.ConnectTimeoutError || error instanceof AggregateError) {
    return new PassingError(`Cannot reach ${host}`, { cause: error })
  }
  if (code === 'ECONNREFUSED') {
    return new PassingError(`${host} refuses connections`, { cause: error })
  }
  if (error instanceof errors.SocketError || PASSING_CODES.has(code) || code.startsWith('HPE_')) {
    return new PassingError(`The connection to ${host} broke`, { cause: error })
  }
  if (error instanceof errors.ResponseContentLengthMismatchError) {
    return new PassingError(`The connection to ${host} broke`, { cause: error })
  }
  if (code === 'ENOTFOUND') {
    const problem = `There is no host ${host}. Check the network connection and HF_ENDPOINT.`
    return new ConfigError([problem], { cause: error })
  }
  if (/CERT|SSL|TLS/.test(code) || code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE') {
    const problem = `${host} has no certificate this machine trusts (${code}).`
    return new ConfigError([problem], { cause: error })
  }
  return error
}

async function getOnce(
  client: HttpClient,
  url: URL,
  start: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const sent: Record<string, string> = { 'user-agent': 'sightseer', ...headers }
  if (client.token !== undefined && url.origin === start.origin) {
    sent.authorization = `Bearer ${client.token}`
  }
  let response: Dispatcher.ResponseData
  try {
    response = await request(url, { dispatcher: client.dispatcher, headers: sent, signal })
  } catch (error) {
    signal.throwIfAborted()
    throw connectionError(error, url.host)
  }
  const { statusCode: status, headers: received, body } = response
  const header = (name: string) => [received[name] ?? []].flat()[0]
  // Links to storage elsewhere are signed and run out: a new one comes from the hub at the next try.
  const expired = status === 403 && url.origin !== start.origin
  if (PASSING_STATUSES.has(status) || expired) {
    await body.dump()
    const what = status === 429 ? `${url.host} limits the rate` : `${url.host} answered ${status}`
    throw new PassingError(what, { retryAfterMs: askedPause(header) })
  }
  return { url, status, header, body }
}

/** Only the web, and never from an encrypted connection to an open one. */
function isAllowedHop(from: URL, to: URL): boolean {
  return to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:')
}

/**
 * Reads `Retry-After` (seconds or a date), else the `t=` of the hub's `RateLimit` header.
 *
 * @returns milliseconds, or null when the server does not say.
 */
function askedPause(header: (name: string) => string | undefined): number | null {
  const retryAfter = header('retry-after')?.trim()
  if (retryAfter !== undefined && /^\d+$/.test(retryAfter)) {
    return Number(retryAfter) * 1000
  }
  const date = retryAfter === undefined ? Number.NaN : Date.parse(retryAfter)
  if (!Number.isNaN(date)) {
    return Math.max(0, date - Date.now())
  }
  const seconds = /;\s*t=(\d+)/.exec(header('ratelimit') ?? '')?.[1]
  return seconds === undefined ? null : Number(seconds) * 1000
}

/**
 * GET requests over undici: redirects are followed here, so that the token is sent to the hub's own
 * origin only; silence has time limits; failures are either transient or final.
 *
 * Knows nothing about repositories or files.
 */

import { Agent, EnvHttpProxyAgent, errors, request, type Dispatcher } from 'undici'
import { ConfigError } from '../../config/errors.ts'
import { TransientError } from './retry.ts'

const MAX_REDIRECTS = 5
const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** Statuses that are worth a retry. */
const TRANSIENT_STATUSES = new Set([408, 425, 429, 500, 502, 503, 504])
/** System errors that are worth a retry. */
const TRANSIENT_CODES = new Set([
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

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

/** Time limits of a request. */
export type Timeouts = {
  readonly connectMs: number
  /** Until the status line and headers have arrived. */
  readonly headersMs: number
  /** Between two chunks of a body; the whole body has no limit. */
  readonly idleMs: number
}

export const DEFAULT_TIMEOUTS: Timeouts = { connectMs: 15_000, headersMs: 30_000, idleMs: 60_000 }

/** The values of HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
export type Proxies = {
  readonly http: string | undefined
  readonly https: string | undefined
  readonly none: string | undefined
}

export type HttpClient = {
  readonly dispatcher: Dispatcher
  readonly token: string | undefined
  readonly route: Route
}

/** How a host is reached, so that an error names the setting that it is about. */
export type Route = {
  /** The setting or option that names the host. */
  readonly setting?: string | undefined
  readonly proxies?: Proxies | undefined
}

export type HttpAnswer = {
  readonly url: URL
  readonly status: number
  /** The value of a header, the first if there are several. */
  header(name: string): string | undefined
  readonly body: Dispatcher.ResponseData['body']
}

/** Creates the connection pool; close its `dispatcher` when done. */
export function createHttpClient(
  token: string | undefined,
  timeouts: Timeouts = DEFAULT_TIMEOUTS,
  route: Route = {},
): HttpClient {
  const { proxies } = route
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
  return { dispatcher, token, route }
}

/**
 * GETs a URL. The caller must read or dump the body.
 *
 * @returns a response that is neither a redirect nor of a transient status.
 * @throws {TransientError} if a retry may succeed, {ConfigError} if not.
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
      throw new ConfigError([
        `${url.host} redirects ${url.pathname} to an address that cannot be used.`,
      ])
    }
    url = next
  }
  throw new ConfigError([
    `${start.host} redirects ${start.pathname} more than ${MAX_REDIRECTS} times.`,
  ])
}

/** Converts an error of a connection or of a body to a transient or a final one. */
export function connectionError(
  error: unknown,
  host: string,
  { setting, proxies }: Route = {},
): unknown {
  if (!(error instanceof Error)) {
    return error
  }
  const proxy = failedProxy(error, host, proxies)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (error instanceof errors.BodyTimeoutError || error instanceof errors.HeadersTimeoutError) {
    return new TransientError(`${host} went silent`, { cause: error })
  }
  if (error instanceof errors.ConnectTimeoutError || error instanceof AggregateError) {
    return new TransientError(`Cannot reach ${host}`, { cause: error })
  }
  if (code === 'ECONNREFUSED') {
    return new TransientError(`${proxy ?? host} refuses connections`, { cause: error })
  }
  if (error instanceof errors.SocketError || TRANSIENT_CODES.has(code) || code.startsWith('HPE_')) {
    return new TransientError(`The connection to ${host} broke`, { cause: error })
  }
  if (error instanceof errors.ResponseContentLengthMismatchError) {
    return new TransientError(`The connection to ${host} broke`, { cause: error })
  }
  if (code === 'ENOTFOUND') {
    const checks = setting === undefined || proxy !== undefined ? '' : ` and ${setting}`
    const problem = `There is no host ${proxy ?? host}. Check the network connection${checks}.`
    return new ConfigError([problem], { cause: error })
  }
  if (/CERT|SSL|TLS/.test(code) || code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE') {
    const problem = `${host} has no certificate this machine trusts (${code}).`
    return new ConfigError([problem], { cause: error })
  }
  return error
}

/** The proxy that could not be reached, with its setting; undefined: the host itself could not. */
function failedProxy(error: Error, host: string, proxies?: Proxies): string | undefined {
  const hostname: unknown = Reflect.get(error, 'hostname')
  const port: unknown = Reflect.get(error, 'port')
  for (const [setting, value] of [
    ['HTTPS_PROXY', proxies?.https],
    ['HTTP_PROXY', proxies?.http],
  ] as const) {
    const url = URL.parse(value ?? '')
    const isIt =
      hostname === url?.hostname ||
      String(port) === (url?.port || DEFAULT_PORTS[url?.protocol ?? ''])
    if (url !== null && url.host !== host && isIt) {
      return `${url.host} (${setting})`
    }
  }
  return undefined
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
    const { setting, proxies } = client.route
    const named = url.host === start.host ? setting : undefined
    throw connectionError(error, url.host, { setting: named, proxies })
  }
  const { statusCode: status, headers: received, body } = response
  const header = (name: string) => [received[name] ?? []].flat()[0]
  // Links to external storage are signed and expire; a retry gets a new one from the hub. A mirror
  // redirects to another hub, which says why.
  const isHub = header('x-error-code') !== undefined || header('x-error-message') !== undefined
  const expired = status === 403 && url.origin !== start.origin && !isHub
  if (TRANSIENT_STATUSES.has(status) || expired) {
    await body.dump()
    const what = status === 429 ? `${url.host} limits the rate` : `${url.host} answered ${status}`
    throw new TransientError(what, { retryAfterMs: askedPause(header) })
  }
  return { url, status, header, body }
}

/** Only http and https, and never from https to http. */
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

/**
 * The REST API, version 10: dispatches requests to routes and enforces the limits.
 *
 * A request is checked in this order: ban for invalid requests, token, rate limits, requested
 * faults, body, route.
 */

import type { IncomingMessage } from 'node:http'
import { Checks } from '../protocol/field-checks.ts'
import { ApiError, refuse } from '../protocol/errors.ts'
import type { Exchange } from '../protocol/exchange.ts'
import type { RestFault } from '../faults/fault-spec.ts'
import type { Faults } from '../faults/faults.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Interactions } from '../interactions/interactions.ts'
import { refusal, waitHeaders } from './rate-limits.ts'
import type { RateLimits, Verdict } from './rate-limits.ts'
import { readBody } from '../protocol/body.ts'
import type { Body } from '../protocol/body.ts'
import type { World } from '../world/world.ts'
import { attachmentRoutes } from './messages/attachments.ts'
import { auditLogRoutes } from './guilds/audit-log.ts'
import { userRoutes } from './users.ts'
import { bulkDeleteRoutes } from './messages/bulk-delete.ts'
import { channelRoutes } from './channels/channels.ts'
import { commandRoutes } from './commands.ts'
import { gatewayRoutes } from './gateway.ts'
import { guildRoutes } from './guilds/guilds.ts'
import { interactionRoutes } from './interactions.ts'
import { memberRoutes } from './guilds/members.ts'
import { messageRoutes } from './messages/messages.ts'
import { emptyListRoutes } from './guilds/empty-lists.ts'
import { overwriteRoutes } from './channels/overwrites.ts'
import { pinRoutes } from './messages/pins.ts'
import { reactionRoutes } from './messages/reactions.ts'
import { roleRoutes } from './guilds/roles.ts'
import { RouteTable } from './route.ts'
import type { Reply, Route } from './route.ts'
import { searchRoutes } from './guilds/search.ts'
import { webhookRoutes } from './channels/webhooks.ts'
import { stickerRoutes } from './stickers.ts'
import { threadRoutes } from './channels/threads.ts'

/** Longest reason for the audit log, in characters. */
const MAX_REASON = 512

const SERVER_ERRORS: Readonly<Record<number, string>> = {
  500: '500: Internal Server Error',
  502: '502: Bad Gateway',
  503: '503: Service Unavailable',
  504: '504: Gateway Timeout',
}

/** The parts that the API depends on. */
export type ApiParts = {
  readonly world: World
  readonly gateway: Gateway
  readonly interactions: Interactions
  readonly limits: RateLimits
  readonly faults: Faults
  readonly observe: ((exchange: Exchange) => void) | undefined
}

/** A response as it is sent; `null` sends no response at all. */
export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** A string is sent as is, anything else as JSON. */
  readonly body: unknown
} | null

type RouteMatch = { readonly route: Route; readonly params: Readonly<Record<string, string>> }

/** All routes of the API. */
export const apiRoutes: readonly Route[] = [
  ...gatewayRoutes,
  ...userRoutes,
  ...guildRoutes,
  ...roleRoutes,
  ...memberRoutes,
  ...channelRoutes,
  ...overwriteRoutes,
  ...threadRoutes,
  ...reactionRoutes,
  ...pinRoutes,
  ...bulkDeleteRoutes,
  ...searchRoutes,
  ...attachmentRoutes,
  ...auditLogRoutes,
  ...emptyListRoutes,
  ...messageRoutes,
  ...interactionRoutes,
  ...webhookRoutes,
  ...stickerRoutes,
  ...commandRoutes,
]

/** Answers the requests to `/api/…`. */
export class RestApi {
  readonly #parts: ApiParts
  readonly #router = new RouteTable(apiRoutes)

  constructor(parts: ApiParts) {
    this.#parts = parts
  }

  /** Answers a request; never rejects. */
  async answer(request: IncomingMessage, url: URL): Promise<Answer> {
    const { limits, observe } = this.#parts
    const bannedMs = limits.bannedForMs()
    if (bannedMs > 0) {
      return banned(bannedMs)
    }
    const method = request.method ?? 'GET'
    const path = url.pathname.replace(/^\/api(\/v10)?/, '')
    const call = new Call(this.#parts, request, method, path)
    const reply = await call.run(this.#router, url.searchParams)
    if (reply === 'none') {
      return null
    }
    limits.noteAnswer(reply.status, call.headers['x-ratelimit-scope'])
    observe?.({
      method,
      path,
      query: url.searchParams,
      requestHeaders: request.headers,
      requestWasRead: call.body !== undefined,
      requestBody: call.body?.json,
      fileNumbers: [...(call.body?.files.keys() ?? [])],
      status: reply.status,
      responseBody: reply.body,
    })
    // Discord's proxy sets `Via`. Libraries treat a 429 without it as one from Cloudflare.
    return {
      status: reply.status,
      body: reply.body,
      headers: { via: '1.1 sandbox', ...call.headers },
    }
  }
}

/** One request while it is handled. */
class Call {
  headers: Readonly<Record<string, string>> = {}
  body: Body | undefined
  readonly #parts: ApiParts
  readonly #request: IncomingMessage
  readonly #method: string
  readonly #path: string

  constructor(parts: ApiParts, request: IncomingMessage, method: string, path: string) {
    this.#parts = parts
    this.#request = request
    this.#method = method
    this.#path = path
  }

  async run(router: RouteTable, query: URLSearchParams): Promise<Reply | 'none'> {
    try {
      const match = router.find(this.#method, this.#path)
      this.#checkToken(match.route)
      const limited = { method: this.#method, route: match.route.path, path: this.#path }
      const verdict = this.#judge(this.#parts.limits.take(limited))
      if (verdict) {
        return verdict
      }
      const fault = this.#parts.faults.rest(this.#method, this.#path)
      if (fault) {
        return await this.#fail(fault, () => this.#handle(match, query))
      }
      return await this.#handle(match, query)
    } catch (error) {
      if (error instanceof ApiError && error.waitMs !== undefined) {
        // Clients read the wait time from these headers.
        this.headers = {
          ...this.headers,
          ...waitHeaders(error.waitMs),
          'x-ratelimit-scope': 'user',
        }
      }
      return refusalOf(error)
    }
  }

  #checkToken(route: Route): void {
    const { application } = this.#parts.world
    const valid = !this.#parts.gateway.starts.exhausted
    const authorization = this.#request.headers.authorization
    if (!route.open && (!valid || authorization !== `Bot ${application.token}`)) {
      throw refuse('unauthorized')
    }
  }

  /** Adds the rate-limit headers. Returns a 429 if the limit is exceeded. */
  #judge({ headers, refusal }: Verdict): Reply | null {
    this.headers = { ...this.headers, ...headers }
    return refusal && { status: 429, body: refusal }
  }

  async #handle({ route, params }: RouteMatch, query: URLSearchParams): Promise<Reply> {
    const { world, gateway, interactions, limits, faults } = this.#parts
    const body = (this.body ??= await readBody(this.#request))
    const limited = { method: this.#method, route: route.path, path: this.#path, body: body.json }
    const verdict = this.#judge(limits.takeSublimit(limited))
    if (verdict) {
      return verdict
    }
    await faults.runHooks('before', this.#method, this.#path)
    const reply = await route.handle({
      world,
      gateway,
      interactions,
      params,
      query,
      body,
      reader: { seesContent: world.application.messageContent },
      actor: { userId: world.application.bot.id, reason: readReason(this.#request) },
    })
    await faults.runHooks('after', this.#method, this.#path)
    return reply
  }

  async #fail(fault: RestFault, handle: () => Promise<Reply>): Promise<Reply | 'none'> {
    const { status, delayMs = 0 } = fault
    if (delayMs > 0) {
      const { clock } = this.#parts.world
      await new Promise<void>((resolve) => clock.after(delayMs, resolve))
    }
    if (status === undefined) {
      return handle()
    }
    if (fault.handled === true) {
      await handle()
    }
    if (status === 'timeout') {
      return 'none'
    }
    if (status !== 429) {
      const message = SERVER_ERRORS[status] ?? `${status}: On Request`
      return { status, body: { message, code: fault.code ?? 0 } }
    }
    const waitMs = (fault.retryAfter ?? 1) * 1000
    const { scope = 'user' } = fault
    this.headers = {
      ...this.headers,
      ...waitHeaders(waitMs),
      'x-ratelimit-scope': scope,
      ...(scope === 'global' ? { 'x-ratelimit-global': 'true' } : {}),
    }
    return { status, body: refusal(waitMs, scope === 'global', scope === 'shared', fault.code) }
  }
}

/** The reason for the audit log: 1 to 512 characters, URL-encoded. Source: reference.mdx. */
function readReason({ headers }: IncomingMessage): string | null {
  const header = headers['x-audit-log-reason']
  if (typeof header !== 'string' || header === '') {
    return null
  }
  const reason = decode(header)
  const checks = new Checks()
  checks.text({ reason }, 'reason', { max: MAX_REASON }, 'X-Audit-Log-Reason')
  checks.done()
  return reason
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // Not encoded: taken as it is.
  }
}

/** Cloudflare's response to a banned address: no JSON body and no `Via` header. */
function banned(ms: number): Answer {
  return {
    status: 429,
    headers: { ...waitHeaders(ms), 'content-type': 'text/plain; charset=utf-8' },
    body: 'error code: 1015',
  }
}

/** The error response. An unexpected error is a bug of the sandbox: 500, logged to stderr. */
export function refusalOf(error: unknown): Reply {
  if (error instanceof ApiError) {
    return { status: error.status, body: error.body() }
  }
  process.stderr.write(`sandbox: ${error instanceof Error ? error.stack : String(error)}\n`)
  return { status: 500, body: { message: SERVER_ERRORS[500], code: 0 } }
}

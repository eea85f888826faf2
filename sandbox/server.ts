/**
 * The loopback Discord: REST, gateway, CDN and page on one port of 127.0.0.1.
 *
 * It knows nothing of the bot; any discord.js client pointed at `api` with `token` works.
 */

import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Clock, systemClock } from './clock.ts'
import { ApiError, refuse } from './errors.ts'
import type { Exchange } from './exchange.ts'
import { Gateway, type GatewayOptions } from './gateway.ts'
import { Interactions } from './interactions.ts'
import { MemberApi } from './member-api.ts'
import { servePage } from './page.ts'
import { type Body, readBody } from './requests.ts'
import { basicRoutes } from './rest/basics.ts'
import { commandRoutes } from './rest/commands.ts'
import { gatewayRoutes } from './rest/gateway.ts'
import { interactionRoutes } from './rest/interactions.ts'
import { messageRoutes } from './rest/messages.ts'
import { type Reply, Router } from './rest/route.ts'
import { World } from './world.ts'

const HOST = '127.0.0.1'

/** A token of the real one's form that opens nothing but this sandbox. */
export const SANDBOX_TOKEN = 'c2FuZGJveA.loopback.not-a-secret'

/** How the sandbox is started. */
export type SandboxOptions = {
  /** 0 takes a free one. */
  readonly port?: number
  readonly clock?: Clock
  readonly token?: string
  readonly botName?: string
  /** Whether the developer portal grants the Message Content intent. Default true. */
  readonly messageContent?: boolean
  /** How the gateway differs from a small application's. */
  readonly gateway?: GatewayOptions
  /** Told of every exchange of the REST API just before its response is sent. */
  readonly observe?: (exchange: Exchange) => void
}

/** A running sandbox. */
export type Sandbox = {
  /** The page's address. */
  readonly url: string
  /** What discord.js takes as `rest.api`. */
  readonly api: string
  /** Where attachments' links point, for the bot's list of allowed hosts. */
  readonly cdn: string
  readonly token: string
  readonly world: World
  readonly gateway: Gateway
  close(): Promise<void>
}

/** Starts a sandbox; rejects when the port is taken. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const world = new World({
    clock: options.clock ?? systemClock,
    token: options.token ?? SANDBOX_TOKEN,
    botName: options.botName ?? 'Sightseer',
    messageContent: options.messageContent ?? true,
  })
  const parts = new Parts(world, options)
  const server = createServer((request, response) => void parts.answer(request, response))
  server.on('upgrade', (request, socket: IncomingMessage['socket'], head: Buffer) => {
    parts.upgrade(request, socket, head)
  })
  server.listen(options.port ?? 0, HOST)
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new TypeError('expected a TCP port')
  const { port } = address
  const url = `http://${HOST}:${port}`
  world.cdn.origin = url
  parts.gateway.url = `ws://${HOST}:${port}/gateway`
  return {
    url,
    api: `${url}/api`,
    cdn: url,
    token: world.application.token,
    world,
    gateway: parts.gateway,
    close: () => parts.close(server),
  }
}

// Everything behind the port.
class Parts {
  readonly gateway: Gateway
  readonly #world: World
  readonly #observe: SandboxOptions['observe']
  readonly #interactions: Interactions
  readonly #members: MemberApi
  readonly #router = new Router([
    ...gatewayRoutes,
    ...basicRoutes,
    ...messageRoutes,
    ...interactionRoutes,
    ...commandRoutes,
  ])

  constructor(world: World, options: SandboxOptions) {
    this.#world = world
    this.#observe = options.observe
    this.#interactions = new Interactions(world)
    this.gateway = new Gateway(world, options.gateway)
    this.#members = new MemberApi(world, this.#interactions)
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = new URL(request.url ?? '/', `http://${HOST}`)
      if (!isLocal(request)) throw refuse('missingAccess')
      if (/^\/(cdn|media)\//.test(url.pathname)) {
        return this.#world.cdn.serve(request, response, url)
      }
      if (url.pathname.startsWith('/api/')) return await this.#api(request, response, url)
      if (url.pathname.startsWith('/sandbox/')) {
        if (request.method !== 'POST') throw refuse('methodNotAllowed')
        const body = await readBody(request)
        const told = await this.#members.handle(url.pathname, url.searchParams, body)
        return reply(response, { status: 200, body: told })
      }
      await servePage(request, response, url.pathname)
    } catch (error) {
      if (response.headersSent) response.destroy()
      else reply(response, refusal(error))
    }
  }

  async #api(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const path = url.pathname.replace(/^\/api(\/v10)?/, '')
    const read: { body?: Body } = {}
    const answer = await this.#rest(request, url, path, read).catch(refusal)
    this.#observe?.({
      method: request.method ?? 'GET',
      path,
      query: url.searchParams,
      requestHeaders: request.headers,
      requestBody: read.body?.json,
      fileNumbers: [...(read.body?.files.keys() ?? [])],
      status: answer.status,
      responseBody: answer.body,
    })
    reply(response, answer)
  }

  async #rest(
    request: IncomingMessage,
    url: URL,
    path: string,
    read: { body?: Body },
  ): Promise<Reply> {
    const { route, params } = this.#router.find(request.method ?? 'GET', path)
    const { application } = this.#world
    if (!route.open && request.headers.authorization !== `Bot ${application.token}`) {
      throw refuse('unauthorized')
    }
    const body = await readBody(request)
    read.body = body
    return route.handle({
      world: this.#world,
      gateway: this.gateway,
      interactions: this.#interactions,
      params,
      query: url.searchParams,
      body,
      reader: { seesContent: application.messageContent },
    })
  }

  upgrade(request: IncomingMessage, socket: IncomingMessage['socket'], head: Buffer): void {
    const { pathname } = new URL(request.url ?? '/', `http://${HOST}`)
    if (pathname.startsWith('/gateway')) this.gateway.upgrade(request, socket, head)
    else if (pathname === '/sandbox/live' && isLocal(request)) {
      this.#members.upgrade(request, socket, head)
    } else socket.destroy()
  }

  async close(server: Server): Promise<void> {
    this.#members.close()
    this.gateway.close()
    server.close()
    server.closeAllConnections()
    if (server.listening) await once(server, 'close')
  }
}

function refusal(error: unknown): Reply {
  if (error instanceof ApiError) return { status: error.status, body: error.body() }
  // A bug of the sandbox's own: say so where whoever runs it will look.
  process.stderr.write(`sandbox: ${error instanceof Error ? error.stack : String(error)}\n`)
  return { status: 500, body: { message: '500: Internal Server Error', code: 0 } }
}

function reply(response: ServerResponse, { status, body }: Reply): void {
  if (body === undefined) {
    response.writeHead(status).end()
    return
  }
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

// Listening on loopback does not keep out other sites open in the same browser: their requests
// carry their own `Origin`, or, by a name that points here, their own `Host`.
function isLocal(request: IncomingMessage): boolean {
  const host = request.headers.host ?? ''
  const { origin } = request.headers
  const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : ''
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(name)) return false
  return origin === undefined || origin === `http://${host}`
}

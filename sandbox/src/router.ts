/** Dispatches the requests to the sandbox's port. */

import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { refuse } from './protocol/errors.ts'
import { readFaultSpec } from './faults/fault-spec.ts'
import type { Faults } from './faults/faults.ts'
import { FileServer } from './cdn/file-server.ts'
import type { Gateway } from './gateway/gateway.ts'
import type { MemberApi } from './members-api/api.ts'
import { servePage } from './static-files.ts'
import { readBody } from './protocol/body.ts'
import { refusalOf } from './rest/api.ts'
import type { Answer, RestApi } from './rest/api.ts'
import type { Timing } from './protocol/timing.ts'
import type { World } from './world/world.ts'

/** The address that the sandbox listens on. */
export const HOST = '127.0.0.1'

/** The parts behind the port. */
export type Parts = {
  readonly world: World
  readonly gateway: Gateway
  readonly members: MemberApi
  readonly rest: RestApi
  readonly faults: Faults
  /** Flushes the state file, if there is one. */
  readonly settle: () => void
  readonly measure: ((timing: Timing) => void) | undefined
}

/** Passes each request to the part that handles it. */
export class Router {
  readonly #parts: Parts
  readonly #files: FileServer

  constructor(parts: Parts) {
    this.#parts = parts
    this.#files = new FileServer(parts.world.cdn, parts.world.clock)
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startMs = performance.now()
    const url = addressOf(request)
    if (!url) {
      return send(response, { headers: {}, ...withBody(refusalOf(refuse('notFound'))) })
    }
    const part = partOf(url.pathname)
    const { measure } = this.#parts
    if (measure) {
      const name = `${request.method} ${url.pathname.replaceAll(/\/\d{15,}|\/[\w-]{40,}/g, '/:')}`
      response.once('finish', () => measure({ part, name, ms: performance.now() - startMs }))
    }
    try {
      if (!isLocal(request)) {
        throw refuse('missingAccess')
      }
      await this.#hand(part, request, response, url)
    } catch (error) {
      if (response.headersSent) {
        response.destroy()
      } else {
        send(response, { headers: {}, ...withBody(refusalOf(error)) })
      }
    }
  }

  upgrade(request: IncomingMessage, socket: IncomingMessage['socket'], head: Buffer): void {
    const path = isLocal(request) ? addressOf(request)?.pathname : undefined
    if (path?.startsWith('/gateway')) {
      this.#parts.gateway.upgrade(request, socket, head)
    } else if (path === '/sandbox/live') {
      this.#parts.members.upgrade(request, socket, head)
    } else {
      socket.destroy()
    }
  }

  async close(server: Server): Promise<void> {
    this.#parts.members.close()
    this.#parts.gateway.close()
    server.close()
    server.closeAllConnections()
    if (server.listening) {
      await once(server, 'close')
    }
  }

  async #hand(
    part: Timing['part'],
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
  ): Promise<void> {
    switch (part) {
      case 'cdn':
        return this.#files.serve(request, response, url, this.#parts.faults.cdn(url.pathname))
      case 'api': {
        const answer = await this.#parts.rest.answer(request, url)
        // Saved before the response, so that a change survives if the process is killed afterwards.
        this.#parts.settle()
        return send(response, answer)
      }
      case 'people': {
        const body = await this.#people(request, url)
        this.#parts.settle()
        return send(response, { status: 200, headers: {}, body })
      }
      default:
        return servePage(request, response, url.pathname)
    }
  }

  async #people(request: IncomingMessage, url: URL): Promise<object> {
    if (url.pathname.startsWith('/sandbox/faults')) {
      return this.#faults(request, url)
    }
    if (request.method !== 'POST') {
      throw refuse('methodNotAllowed')
    }
    const body = await readBody(request)
    return this.#parts.members.handle(url.pathname, url.searchParams, body)
  }

  /**
   * `GET /sandbox/faults` lists faults with how often each applied, `POST` adds the one in the
   * body (`fault-spec.ts`), `DELETE` cancels all, or one: `DELETE /sandbox/faults/ID`.
   */
  async #faults(request: IncomingMessage, url: URL): Promise<object> {
    const { faults } = this.#parts
    const id = /^\/sandbox\/faults(?:\/(\d+))?$/.exec(url.pathname)
    if (!id) {
      throw refuse('notFound')
    }
    switch (request.method) {
      case 'GET':
        return faults.list().map((fault) => fault.describe())
      case 'POST':
        return faults.add(readFaultSpec((await readBody(request)).json)).describe()
      case 'DELETE': {
        if (id[1] === undefined) {
          faults.clear()
        } else {
          faults
            .list()
            .find((fault) => String(fault.id) === id[1])
            ?.cancel()
        }
        return {}
      }
      default:
        throw refuse('methodNotAllowed')
    }
  }
}

function partOf(path: string): Timing['part'] {
  if (/^\/(cdn|media|stickers|emojis)\//.test(path)) {
    return 'cdn'
  }
  if (path.startsWith('/api/')) {
    return 'api'
  }
  return path.startsWith('/sandbox/') ? 'people' : 'page'
}

function withBody(reply: { readonly status: number; readonly body?: unknown }) {
  return { status: reply.status, body: reply.body }
}

/** Sends the answer. With null the client gets no response. */
function send(response: ServerResponse, answer: Answer): void {
  if (!answer) {
    return
  }
  const { status, headers, body } = answer
  if (body === undefined) {
    response.writeHead(status, headers).end()
    return
  }
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  })
  response.end(text)
}

/** Null for an invalid URL, such as `//`. */
function addressOf(request: IncomingMessage): URL | null {
  return URL.parse(request.url ?? '/', `http://${HOST}`)
}

/**
 * Rejects requests of other sites open in the same browser, which can reach loopback: they have a
 * foreign `Origin`, or with DNS rebinding a foreign `Host`.
 */
function isLocal(request: IncomingMessage): boolean {
  const host = request.headers.host ?? ''
  const { origin } = request.headers
  const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : ''
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(name)) {
    return false
  }
  return origin === undefined || origin === `http://${host}`
}

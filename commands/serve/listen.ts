/** Listens for the HTTP API. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import { ConfigError } from '../../config/errors.ts'

/** Milliseconds in which the headers, and the whole request, must have come. */
const HEADERS_MS = 15_000
const REQUEST_MS = 60_000
/** Milliseconds that answers have to end when the server is closed. */
const DRAIN_MS = 10_000

export type Listening = {
  readonly url: string
  /** Lets answers end. */
  close(): Promise<void>
  /** Ends all connections at once. */
  kill(): Promise<void>
}

/** @param port 0: a free one. @throws {ConfigError} if the port cannot be used. */
export async function listen(
  app: Hono,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listening> {
  const answer = getRequestListener(app.fetch)
  const server = createServer(
    { headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS },
    (request, response) => {
      answer(request, response).catch(() => response.destroy())
    },
  )
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    throw new ConfigError([`${host}:${port} cannot be used (${code}).`], { cause })
  }
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    async kill() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeIdleConnections()
      const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
      await closed
      clearTimeout(timer)
    },
  }
}

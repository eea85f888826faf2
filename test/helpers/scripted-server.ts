/** An HTTP server whose answers are scripted, for what real servers rarely do. */

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** A request that came. */
export type Received = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  /** The body's text. */
  readonly body: string
  /** Resolves once the client has closed the connection. */
  readonly gone: Promise<void>
}

/** By method and path, such as `POST /v1/chat/completions`. */
export type Script = Readonly<
  Record<string, (response: ServerResponse, received: Received) => void | Promise<void>>
>

export type ScriptedServer = {
  /** With `/v1`. */
  readonly url: string
  readonly received: Received[]
  close(): Promise<void>
}

export async function scriptServer(script: Script): Promise<ScriptedServer> {
  const received: Received[] = []
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const gone = Promise.withResolvers<void>()
    response.on('close', () => gone.resolve())
    const pieces: Buffer[] = []
    for await (const piece of request) {
      pieces.push(Buffer.from(piece))
    }
    const { method = '', url: path = '', headers } = request
    const body = Buffer.concat(pieces).toString('utf8')
    const one = { method, path, headers, body, gone: gone.promise }
    received.push(one)
    const act = script[`${method} ${path}`]
    if (act === undefined) {
      response.writeHead(404).end('{"error": {"message": "no such path"}}')
    } else {
      await act(response, one)
    }
  }
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/v1`,
    received,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

/** Sends events; leaves the stream open. */
export function sendEvents(response: ServerResponse, events: readonly unknown[]): void {
  if (!response.headersSent) {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
  }
  for (const event of events) {
    const data = typeof event === 'string' ? event : JSON.stringify(event)
    response.write(`data: ${data}\n\n`)
  }
}

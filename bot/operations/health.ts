/**
 * Serves /metrics, /livez and /readyz to the operator.
 *
 * `livez` answers while the process runs; restart the process if it does not answer. `readyz` says
 * whether the bot can answer users, and if not, which check fails.
 */

import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { ConfigError } from '../../config/errors.ts'

const CHECK_LIMIT_MS = 2000

/** Returns whether a part of the bot works. Rejecting means false. */
export type Check = () => boolean | Promise<boolean>

export type Health = {
  readonly host: string
  /** 0: a free port. */
  readonly port: number
  readonly metrics: () => Promise<string>
  /** By the name that `readyz` shows. */
  readonly checks: Readonly<Record<string, Check>>
}

export type HealthServer = { readonly url: string; close(): Promise<void> }

/** @throws {ConfigError} if the port cannot be used. */
export async function serveHealth(health: Health): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0]
    const answer =
      request.method === 'GET' || request.method === 'HEAD' ? ANSWERS[path ?? ''] : null
    if (answer === undefined || answer === null) {
      say(response, answer === null ? 405 : 404, 'There are /metrics, /livez and /readyz.\n')
      return
    }
    answer(health, response).catch(() => {
      if (!response.headersSent) {
        say(response, 500, 'failed\n')
      }
    })
  })
  server.listen(health.port, health.host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    const where = `${health.host}:${health.port}`
    throw new ConfigError([`SIGHTSEER_OPERATIONS_PORT: ${where} cannot be used (${code}).`], {
      cause,
    })
  }
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : health.port
  return {
    url: `http://${health.host.includes(':') ? `[${health.host}]` : health.host}:${port}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

type Answer = (health: Health, response: ServerResponse) => Promise<void>

const ANSWERS: Readonly<Record<string, Answer>> = {
  '/metrics': async ({ metrics }, response) => {
    const text = await metrics()
    say(response, 200, text, 'text/plain; version=0.0.4; charset=utf-8')
  },
  '/livez': async (_, response) => say(response, 200, 'ok\n'),
  '/readyz': async ({ checks }, response) => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => ({ name, ok: await passes(check) })),
    )
    const lines = results.map(({ name, ok }) => `${ok ? 'ok' : 'FAILED'} ${name}\n`)
    say(response, results.every(({ ok }) => ok) ? 200 : 503, lines.join(''))
  },
}

async function passes(check: Check): Promise<boolean> {
  const limit = Promise.withResolvers<false>()
  const timer = setTimeout(() => limit.resolve(false), CHECK_LIMIT_MS)
  try {
    return await Promise.race([Promise.resolve(check()), limit.promise])
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}

function say(
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text)
}

/** A sandbox whose every request and response is validated with Discord's official description. */

import assert from 'node:assert/strict'
import type { Exchange } from '../../src/protocol/exchange.ts'
import { startSandbox } from '../../src/server.ts'
import type { Sandbox, SandboxOptions } from '../../src/server.ts'
import { readOpenApi } from './openapi.ts'
import type { Deviation, OpenApi } from './openapi.ts'

/** Routes that exist and are not described. Source of each: see the comment. */
const UNDESCRIBED: readonly RegExp[] = [
  // Undocumented, yet used by bots: github.com/esmBot/esmBot, pull request 461.
  /^POST \/attachments\/refresh-urls$/,
]

const openApi = readOpenApi()
if (!openApi) {
  process.stdout.write('Discord’s OpenAPI description is absent: its schemas go unchecked.\n')
}

/** A sandbox that is watched. */
export type WatchedSandbox = Sandbox & {
  /**
   * Marks what is sent until `act` settles as wrong on purpose: it may differ from the description,
   * but then it must be refused.
   */
  wrongly<T>(act: () => Promise<T>): Promise<T>
  /** Method and path of every request that a route answered, were it by a refusal of its own. */
  readonly reached: ReadonlySet<string>
  /** Throws if anything so far differed from the description, and forgets it. */
  check(): void
  /** As `Sandbox.close`, then `check`. */
  close(): Promise<void>
}

/** Starts a sandbox that is watched; rejects when the port is taken. */
export async function startWatchedSandbox(options: SandboxOptions = {}): Promise<WatchedSandbox> {
  const watch = new Watch(openApi)
  const observe = (exchange: Exchange) => {
    watch.see(exchange)
    options.observe?.(exchange)
  }
  const sandbox = await startSandbox({ ...options, observe })
  return {
    ...sandbox,
    wrongly: (act) => watch.wrongly(act),
    reached: watch.reached,
    check: () => watch.check(),
    async close() {
      await sandbox.close()
      watch.check()
    },
  }
}

/** Judges exchanges and keeps what differed; `api` is null where the description is absent. */
export class Watch {
  readonly reached = new Set<string>()
  readonly #api: OpenApi | null
  readonly #found: string[] = []
  #wrongNow = 0

  constructor(api: OpenApi | null) {
    this.#api = api
  }

  async wrongly<T>(act: () => Promise<T>): Promise<T> {
    this.#wrongNow += 1
    try {
      return await act()
    } finally {
      this.#wrongNow -= 1
    }
  }

  see(exchange: Exchange): void {
    const { method, status } = exchange
    const path = decodeURI(exchange.path).replaceAll('%40', '@')
    const body = overTheWire(exchange.responseBody)
    if (status < 400 || codeOf(body) !== 0) {
      this.reached.add(`${method} ${path}`)
    }
    if (status >= 400 && status !== 429 && !isErrorBody(body)) {
      this.#note(exchange, `${status} lacks Discord’s error body {code, message}`)
    }
    if (!this.#api) {
      return
    }
    const route = this.#api.find(method, path)
    if (!route) {
      const known = UNDESCRIBED.some((pattern) => pattern.test(`${method} ${path}`))
      if (!known && status !== 404 && status !== 405) {
        this.#note(exchange, 'is not described')
      }
      return
    }
    const wrong = [
      ...this.#api.queryDeviations(route, exchange.query),
      ...(exchange.requestWasRead ? this.#api.requestDeviations(route, exchange.requestBody) : []),
    ]
    const refused = status >= 400 && status < 500
    if (this.#wrongNow === 0 || !refused) {
      this.#keep(wrong, exchange)
    }
    if (status < 500) {
      this.#keep(this.#api.responseDeviations(route, status, body), exchange)
    }
  }

  check(): void {
    const found = [...new Set(this.#found.splice(0))]
    assert.ok(found.length === 0, `Not as Discord describes it:\n${found.join('\n')}`)
  }

  #keep(deviations: readonly Deviation[], { status }: Exchange): void {
    for (const { operation, side, pointer, message } of deviations) {
      this.#found.push(`${operation} → ${status}, ${side} ${pointer || '(whole)'}: ${message}`)
    }
  }

  #note({ method, path }: Exchange, message: string): void {
    this.#found.push(`${method} ${path}: ${message}`)
  }
}

/** What is left of a value after JSON: no undefined members. */
function overTheWire(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

function isErrorBody(body: unknown): boolean {
  const { code, message } = fieldsOf(body)
  return typeof code === 'number' && typeof message === 'string'
}

function codeOf(body: unknown): unknown {
  return fieldsOf(body)['code']
}

function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null ? { ...body } : {}
}

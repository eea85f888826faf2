/** Who may use the HTTP API, and how much. */

import { createHash, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { z } from 'zod'
import { ConfigError } from '../../config/errors.ts'
import { ApiError } from './api-error.ts'

const MINUTE_SECONDS = 60
/** A key that can be guessed is none. */
const LEAST_LENGTH = 16
const MAX_KEYS = 1000

const keySchema = z.strictObject({
  /** For logs and metrics, which never have the key. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'is not a name such as bot-1'),
  key: z.string().min(LEAST_LENGTH).max(512),
  /** Requests a minute; absent: any number. */
  perMinute: z.int().positive().exactOptional(),
  /** Requests that wait or run at the same time; absent: any number. */
  atOnce: z.int().positive().exactOptional(),
})
const keysSchema = z.array(keySchema).min(1).max(MAX_KEYS)

export type ApiKey = z.infer<typeof keySchema>

/** @throws {ConfigError} naming the file and what is wrong with it; never a key. */
export async function readKeys(file: string): Promise<readonly ApiKey[]> {
  let json: unknown
  try {
    json = JSON.parse(await readFile(file, 'utf8'))
  } catch (cause) {
    const why = cause instanceof SyntaxError ? 'is not JSON' : 'cannot be read'
    throw new ConfigError([`${file} ${why}.`]) // no cause: its message may quote a key
  }
  const { data, error } = keysSchema.safeParse(json)
  if (error) {
    throw new ConfigError(
      error.issues.map(({ path, message }) => `${file}: ${path.map(String).join('.')}: ${message}`),
    )
  }
  const names = data.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) {
    throw new ConfigError([`${file}: two keys are called ${twice}.`])
  }
  return data
}

/** A request that was let in; `end` must be called once. */
export type Admission = { readonly name: string; end(): void }

type Client = {
  readonly name: string
  readonly digest: Buffer
  readonly limiter: RateLimiterMemory | null
  readonly atOnce: number
  running: number
}

/** The name of whoever comes where no keys are set. */
const ANYBODY = 'anybody'

export class Clients {
  readonly #clients: readonly Client[]

  /** @param keys none: everybody is let in. */
  constructor(keys: readonly ApiKey[]) {
    this.#clients = keys.map(({ name, key, perMinute, atOnce = Infinity }) => ({
      name,
      digest: digestOf(key),
      limiter:
        perMinute === undefined
          ? null
          : new RateLimiterMemory({ points: perMinute, duration: MINUTE_SECONDS }),
      atOnce,
      running: 0,
    }))
  }

  /** Whether there are no keys. */
  get isOpen(): boolean {
    return this.#clients.length === 0
  }

  /**
   * Finds whose key it is, in a time that does not depend on which.
   *
   * @param header the `authorization` of the request.
   * @returns the name of the key.
   * @throws {ApiError} 401 where it is no key.
   */
  nameOf(header: string | undefined): string {
    return this.#clients.length === 0 ? ANYBODY : this.#clientOf(header).name
  }

  /** Lets a request in. @throws {ApiError} 401 where it has no key, 429 over the key's limits. */
  async admit(header: string | undefined): Promise<Admission> {
    if (this.#clients.length === 0) {
      return { name: ANYBODY, end() {} }
    }
    const client = this.#clientOf(header)
    if (client.running >= client.atOnce) {
      throw tooMany(`This key may have ${client.atOnce} requests at the same time.`, 1)
    }
    client.running += 1
    try {
      await client.limiter?.consume(client.name)
    } catch (error) {
      client.running -= 1
      if (error instanceof RateLimiterRes) {
        const seconds = Math.ceil(error.msBeforeNext / 1000)
        throw tooMany(`This key may have ${client.limiter?.points} requests a minute.`, seconds)
      }
      throw error
    }
    return {
      name: client.name,
      end() {
        client.running -= 1
      },
    }
  }

  #clientOf(header: string | undefined): Client {
    const digest = digestOf(/^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? '')
    let client: Client | undefined
    for (const one of this.#clients) {
      client = timingSafeEqual(one.digest, digest) ? one : client
    }
    if (client === undefined) {
      const message =
        header === undefined
          ? 'This server needs a key: Authorization: Bearer KEY.'
          : 'This key is not one of the server.'
      throw new ApiError(message, { code: 'invalid_api_key', status: 401 })
    }
    return client
  }
}

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

function tooMany(message: string, retryAfter: number): ApiError {
  return new ApiError(message, { code: 'rate_limit_exceeded', status: 429, retryAfter })
}

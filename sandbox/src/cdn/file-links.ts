/**
 * Signed links: `ex` (when it expires) and `is` (when it was made), both hexadecimal seconds, and
 * `hm`, their HMAC. Source: reference.mdx, "Signed Attachment CDN URLs".
 */

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../protocol/clock.ts'

/** How long a link works, in seconds: about a day, as observed on Discord. */
const LINK_LIFE_S = 24 * 60 * 60

type Retired = { readonly secret: Buffer; readonly onUse: () => void }

/** Signs and verifies links. */
export class FileLinks {
  readonly #clock: Clock
  #secret: Buffer
  #retired: readonly Retired[] = []

  /** @param secret any length; links survive a restart with the same one. */
  constructor(clock: Clock, secret: Buffer = randomBytes(32)) {
    this.#clock = clock
    this.#secret = secret
  }

  /** The current signing secret. */
  get secret(): Buffer {
    return this.#secret
  }

  /** The path with its signature; the closing `&` is Discord's. */
  sign(path: string): string {
    const issuedS = Math.floor(this.#clock.now() / 1000)
    const issued = issuedS.toString(16)
    const expires = (issuedS + LINK_LIFE_S).toString(16)
    const mac = sign(this.#secret, path, expires, issued).toString('hex')
    return `${path}?ex=${expires}&is=${issued}&hm=${mac}&`
  }

  /** Whether the query's signature fits the path and has not expired. */
  isValid(path: string, query: URLSearchParams): boolean {
    const [expires = '', issued = '', mac = ''] = ['ex', 'is', 'hm'].map((n) => query.get(n) ?? '')
    const signature = Buffer.from(mac, 'hex')
    if (fits(signature, sign(this.#secret, path, expires, issued))) {
      return parseInt(expires, 16) * 1000 > this.#clock.now()
    }
    this.#retired
      .find(({ secret }) => fits(signature, sign(secret, path, expires, issued)))
      ?.onUse()
    return false
  }

  /** Invalidates every link issued so far; `onUse` is called when one of them is requested. */
  expireAll(onUse: () => void): void {
    this.#retired = [...this.#retired, { secret: this.#secret, onUse }]
    this.#secret = randomBytes(32)
  }
}

function sign(secret: Buffer, path: string, expires: string, issued: string): Buffer {
  return createHmac('sha256', secret).update(`${path}|${expires}|${issued}`).digest()
}

function fits(signature: Buffer, expected: Buffer): boolean {
  return signature.length === expected.length && timingSafeEqual(signature, expected)
}

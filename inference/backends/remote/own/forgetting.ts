/**
 * Has every host delete what it computed from pictures. A host that cannot be told now is told before it
 * gets its next request; what it has expires in a day anyway.
 */

import { HostError } from '../host-error.ts'
import type { Host } from '../hosts.ts'
import type { Address, HttpClient } from '../http.ts'
import { FORGET_PATH } from './own-protocol.ts'

const TIMEOUT_MS = 5000
/** Keys for one host that is away; the oldest are dropped. */
const MAX_KEYS = 100_000

type Sending = { readonly client: HttpClient; readonly signal: AbortSignal }

export class Forgetting {
  readonly #sending: Sending
  readonly #waiting: ReadonlyMap<Address, Set<string>>

  constructor(addresses: readonly Address[], sending: Sending) {
    this.#sending = sending
    this.#waiting = new Map(addresses.map((address) => [address, new Set()]))
  }

  /** Settles once those that can be used were told. */
  async forget(usable: readonly Host<unknown>[], keys: readonly string[]): Promise<void> {
    for (const waiting of this.#waiting.values()) {
      for (const key of keys) {
        waiting.add(key)
      }
      const excess = [...waiting].slice(0, Math.max(0, waiting.size - MAX_KEYS))
      for (const key of excess) {
        waiting.delete(key)
      }
    }
    await Promise.all(
      usable.map(async ({ address }) => {
        try {
          await this.catchUp(address)
        } catch (error) {
          if (!(error instanceof HostError)) {
            throw error
          }
        }
      }),
    )
  }

  /** @throws {HostError} if the host cannot be told. */
  async catchUp(address: Address): Promise<void> {
    const waiting = this.#waiting.get(address)!
    const keys = [...waiting]
    if (keys.length === 0) {
      return
    }
    const { client, signal } = this.#sending
    const body = JSON.stringify({ keys })
    const sending = { method: 'POST', path: FORGET_PATH, body, silenceMs: TIMEOUT_MS } as const
    await client.json(address, { ...sending, signal })
    for (const key of keys) {
      waiting.delete(key)
    }
  }
}

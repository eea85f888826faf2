/** Opens the store: SQLite, Redis or Postgres, with the keys that encrypt it. */

import path from 'node:path'
import { withoutPassword } from '../../config/addresses.ts'
import { ConfigError } from '../../config/errors.ts'
import { unwritableFolder } from '../../config/unwritable-folder.ts'
import type { Backend, OpenBackend } from './backends/backend.ts'
import { throughOutages, whyAway } from './backends/outages.ts'
import { openPostgres } from './backends/postgres.ts'
import { openRedis } from './backends/redis.ts'
import { openSqlite } from './backends/sqlite.ts'
import { DatabaseStore } from './database-store.ts'
import { createEncryption } from './encryption/encryption.ts'
import { openMarker } from './encryption/marker.ts'
import { Names } from './encryption/names.ts'
import type { StoreObserver } from './observer.ts'
import type { Store } from './types.ts'

export type StoreOptions = {
  /** `memory:`, `sqlite:PATH`, `redis://…`, `rediss://…`, `postgres://…` or `postgresql://…`. */
  readonly url: string
  /** Keys of 32 bytes; the first one encrypts. None: nothing is encrypted. */
  readonly keys?: readonly Uint8Array[]
  /** How long operations wait for a database that is away, in milliseconds; default 10 s. */
  readonly outageMs?: number
} & StoreObserver

/**
 * Opens the store.
 *
 * @throws {ConfigError} if the database cannot be opened, is encrypted with another key, or has records
 *   that have to be encrypted first.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { url, keys = [], outageMs, log } = options
  const opened = await openBackend(url, (error) => {
    log.error({ err: error }, 'the store has a problem')
  })
  const backend = throughOutages(opened, outageMs)
  const encryption = keys.length > 0 ? createEncryption(keys) : undefined
  try {
    const names = new Names(await openMarker(backend, encryption))
    return new DatabaseStore({ backend, encryption, names, options })
  } catch (error) {
    await backend.close()
    throw error instanceof ConfigError ? error : openingError(url, error)
  }
}

/**
 * Opens the database of a store.
 *
 * @param onError called with errors of the connection.
 * @throws {ConfigError} if it cannot be opened.
 */
export async function openBackend(
  url: string,
  onError: (error: unknown) => void,
): Promise<Backend> {
  let isOpen = false
  const backend = await backendOf(url)(url, (error) => {
    if (isOpen) {
      onError(error)
    } // before, the ConfigError says it
  }).catch((cause: unknown) => {
    throw openingError(url, cause)
  })
  isOpen = true
  return backend
}

function openingError(url: string, cause: unknown): ConfigError {
  if (url.startsWith('sqlite:')) {
    const folder = path.dirname(path.resolve(url.slice('sqlite:'.length)))
    const unwritable = unwritableFolder(folder, 'SIGHTSEER_STORE', cause)
    if (unwritable) {
      return unwritable
    }
  }
  const problem = `SIGHTSEER_STORE (${withoutPassword(url)}) cannot be opened: ${whyAway(cause)}.`
  return new ConfigError([problem], { cause })
}

function backendOf(url: string): OpenBackend {
  if (url === 'memory:' || url.startsWith('sqlite:')) {
    return openSqlite
  }
  return /^rediss?:/.test(url) ? openRedis : openPostgres
}

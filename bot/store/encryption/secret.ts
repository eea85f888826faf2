/**
 * The secret of an encrypted store's names (bot/store/encryption/names.ts): random, so that names stay the same
 * when the encryption key is changed. It is in the store, encrypted, and at each start encrypted with
 * the current key.
 */

import { randomBytes } from 'node:crypto'
import { DAY_MS } from '../../../config/durations.ts'
import { ConfigError } from '../../../config/errors.ts'
import type { Backend } from '../backends/backend.ts'
import { encryptedWith, type Encryption } from './encryption.ts'

const NAME = 'meta/secret'
const SECRET_BYTES = 32
/** Renewed at each start. It must outlast what is named by it. */
const SECRET_TTL_MS = 3660 * DAY_MS

/** @throws {ConfigError} if the store has a secret that cannot be read. */
export async function openSecret(backend: Backend, encryption: Encryption): Promise<Uint8Array> {
  for (;;) {
    const stored = await backend.read(NAME)
    const secret = stored === undefined ? randomBytes(SECRET_BYTES) : read(stored, encryption)
    const value = encryption.encrypt(secret.toString('base64'), NAME)
    // Of two processes that start at once, one writes it, and the other reads that.
    if (await backend.swap(NAME, stored, { value, expires: Date.now() + SECRET_TTL_MS })) {
      return secret
    }
  }
}

function read(stored: string, encryption: Encryption): Buffer {
  try {
    if (encryptedWith(stored) === undefined) {
      throw new Error('it is not encrypted')
    }
    const secret = Buffer.from(encryption.decrypt(stored, NAME), 'base64')
    if (secret.length !== SECRET_BYTES) {
      throw new RangeError(`expected ${SECRET_BYTES} bytes, got ${secret.length}`)
    }
    return secret
  } catch (cause) {
    throw new ConfigError(
      [
        `The record ${NAME} of the store cannot be decrypted with SIGHTSEER_STORE_KEY: restore it from a backup, or add the key that it was written with.`,
      ],
      { cause },
    )
  }
}

/** Checks at the start that the store is encrypted with a key that is known. */

import { DAY_MS } from '../../../config/durations.ts'
import { ConfigError } from '../../../config/errors.ts'
import type { Backend } from '../backends/backend.ts'
import { encryptedWith, type Encryption } from './encryption.ts'

/** A record that shows with which key the store is encrypted; rewritten at each start. */
const MARKER = 'meta/encryption'
const TEXT = 'sightseer'
const MARKER_TTL_MS = 366 * DAY_MS

/**
 * Compares the keys with the store, which would look empty with a wrong one.
 *
 * @throws {ConfigError} if the store is encrypted with an unknown key, or its marker cannot be decrypted.
 */
export async function checkKey(
  backend: Backend,
  encryption: Encryption | undefined,
): Promise<void> {
  const marker = await backend.read(MARKER)
  const writtenWith = marker && encryptedWith(marker)
  if (marker !== undefined && writtenWith !== undefined) {
    if (encryption === undefined) {
      throw new ConfigError(['The store is encrypted, but SIGHTSEER_STORE_KEY is not set.'])
    }
    if (encryption.isForeign(marker)) {
      throw new ConfigError([
        `The store is encrypted with another key (${writtenWith}) than SIGHTSEER_STORE_KEY (${encryption.keyId}). To change keys, put the new one first and the old one after a comma.`,
      ])
    }
  }
  if (encryption !== undefined && marker !== undefined && !isValid(marker, encryption)) {
    throw new ConfigError([
      `The record ${MARKER} of the store was changed or damaged. Restore the store from a backup.`,
    ])
  }
  if (encryption !== undefined) {
    const expires = Date.now() + MARKER_TTL_MS
    await backend.write(MARKER, { value: encryption.encrypt(TEXT, MARKER), expires })
  }
}

function isValid(marker: string, encryption: Encryption): boolean {
  try {
    return encryptedWith(marker) !== undefined && encryption.decrypt(marker, MARKER) === TEXT
  } catch {
    return false
  }
}

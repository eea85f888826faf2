/**
 * The marker of an encrypted store: with it, every value in the store is encrypted and bound to its
 * record (`aes2`), and all others are refused. It has the secret of hidden names
 * (bot/store/encryption/names.ts), which stays the same when the encryption key is changed.
 *
 * An empty store gets its marker when it is opened. A store with records gets it from
 * `npm run store -- encrypt` only: otherwise somebody who can write to the database could delete the
 * marker, and have what they wrote accepted.
 */

import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { DAY_MS } from '../../../config/durations.ts'
import { ConfigError } from '../../../config/errors.ts'
import type { Backend, Entry } from '../backends/backend.ts'
import { encryptedWith, type Encryption } from './encryption.ts'

export const ENCRYPT_COMMAND = 'npm run store -- encrypt'

/** Records of the store itself, which are in no collection. */
export const META = 'meta/'
export const MARKER = `${META}strict`
/** The marker of earlier versions. */
const EARLIER_MARKER = `${META}encryption`
/** Where earlier versions have the secret of hidden names. */
const EARLIER_SECRET = `${META}secret`
/**
 * The id of no key. An earlier version does not start on a marker with it, because the store seems to
 * be encrypted with another key; otherwise it would delete all values, which it cannot read.
 */
const NO_KEY = '00000000'
const SECRET_BYTES = 32
/** Renewed at each start. It must outlast what is named by the secret. */
const MARKER_TTL_MS = 3660 * DAY_MS

const schema = z.object({
  /** In base64. */
  secret: z.string().transform((text) => Buffer.from(text, 'base64')),
  /** Ids of the keys that values may be encrypted with. */
  keys: z.array(z.string()),
})

export type Marker = z.infer<typeof schema>

/**
 * Opens the marker, or writes that of an empty store.
 *
 * @returns the secret of hidden names; undefined: the store is not encrypted.
 * @throws {ConfigError} if the keys are not those of the store, or the store has to be encrypted first.
 */
export async function openMarker(
  backend: Backend,
  encryption: Encryption | undefined,
): Promise<Uint8Array | undefined> {
  if (encryption === undefined) {
    await refuseEncrypted(backend)
    return undefined
  }
  for (;;) {
    const stored = await backend.read(MARKER)
    if (stored === undefined && !(await isEmpty(backend))) {
      if ((await backend.read(MARKER)) === undefined) {
        throw await missingMarker(backend, encryption)
      }
      continue // another process has written it meanwhile, and its first records
    }
    const marker = stored === undefined ? newMarker() : readMarker(stored, encryption)
    refuseMissingKeys(marker, encryption)
    const keys = [...new Set([encryption.keyId, ...marker.keys])]
    if (await backend.swap(MARKER, stored, entryOf({ ...marker, keys }, encryption))) {
      await keepEarlierVersionsOut(backend, encryption)
      return marker.secret
    }
  }
}

/** Decrypts a marker. @throws {ConfigError} if that is not possible. */
export function readMarker(stored: string, encryption: Encryption): Marker {
  const keyId = encryptedWith(stored)
  if (keyId !== undefined && !encryption.keyIds.has(keyId)) {
    throw otherKey(keyId, encryption)
  }
  try {
    return schema.parse(JSON.parse(encryption.decrypt(stored, MARKER)))
  } catch (cause) {
    throw new ConfigError(
      [
        `The record ${MARKER} of the store was changed or damaged. Restore the store from a backup.`,
      ],
      { cause },
    )
  }
}

/**
 * The marker for a store that is about to be encrypted, with the secret that an earlier version has
 * hidden names with.
 *
 * @throws {ConfigError} if the store is encrypted with another key.
 */
export async function markerToBe(backend: Backend, encryption: Encryption): Promise<Marker> {
  const keyId = await earlierKeyId(backend)
  if (keyId !== undefined && !encryption.keyIds.has(keyId)) {
    throw otherKey(keyId, encryption)
  }
  const stored = await backend.read(EARLIER_SECRET)
  if (stored === undefined) {
    return newMarker()
  }
  try {
    const secret = Buffer.from(encryption.decrypt(stored, EARLIER_SECRET), 'base64')
    return { secret, keys: [] }
  } catch (cause) {
    throw new ConfigError(
      [
        `The record ${EARLIER_SECRET} of the store cannot be decrypted with SIGHTSEER_STORE_KEY: restore it from a backup, or add the key that it was written with.`,
      ],
      { cause },
    )
  }
}

/**
 * Writes the marker of a store whose values are all encrypted with the first key.
 *
 * @param marker what it has, unless there is one.
 */
export async function writeMarker(
  backend: Backend,
  encryption: Encryption,
  marker: Marker,
): Promise<void> {
  const keys = [encryption.keyId]
  for (;;) {
    const stored = await backend.read(MARKER)
    const { secret } = stored === undefined ? marker : readMarker(stored, encryption)
    if (await backend.swap(MARKER, stored, entryOf({ secret, keys }, encryption))) {
      await backend.delete(EARLIER_SECRET)
      return
    }
  }
}

/** Makes earlier versions refuse to start on this store. */
export async function keepEarlierVersionsOut(
  backend: Backend,
  { keyId }: Encryption,
): Promise<void> {
  const value = `aes1.${NO_KEY}.${keyId}`
  await backend.write(EARLIER_MARKER, { value, expires: Date.now() + MARKER_TTL_MS })
}

function newMarker(): Marker {
  return { secret: randomBytes(SECRET_BYTES), keys: [] }
}

function entryOf({ secret, keys }: Marker, encryption: Encryption): Entry {
  const text = JSON.stringify({ secret: secret.toString('base64'), keys })
  return { value: encryption.encrypt(text, MARKER), expires: Date.now() + MARKER_TTL_MS }
}

async function isEmpty(backend: Backend): Promise<boolean> {
  return (await backend.keys('').next()).done === true
}

/** @throws {ConfigError} if the store is encrypted. */
export async function refuseEncrypted(backend: Backend): Promise<void> {
  const isEncrypted =
    (await backend.read(MARKER)) !== undefined || (await earlierKeyId(backend)) !== undefined
  if (isEncrypted) {
    throw new ConfigError(['The store is encrypted, but SIGHTSEER_STORE_KEY is not set.'])
  }
}

function refuseMissingKeys({ keys }: Marker, encryption: Encryption): void {
  const missing = keys.filter((id) => !encryption.keyIds.has(id))
  if (missing.length > 0) {
    throw new ConfigError([
      `The store may have records that are encrypted with a key (${missing.join(', ')}) that SIGHTSEER_STORE_KEY does not have. Add it after a comma; "${ENCRYPT_COMMAND}" then encrypts them with the first key, and the other one can be removed.`,
    ])
  }
}

/** Why a store with records and without a marker is not opened. */
async function missingMarker(backend: Backend, encryption: Encryption): Promise<ConfigError> {
  const keyId = await earlierKeyId(backend)
  if (keyId !== undefined && !encryption.keyIds.has(keyId)) {
    return otherKey(keyId, encryption)
  }
  return new ConfigError([
    `The store has records that were not encrypted by this version, or whose encryption was not finished: stop every process that uses it, back it up, and run "${ENCRYPT_COMMAND}" once. If this version has used the store with this key before, somebody has deleted its record ${MARKER}: restore a backup instead.`,
  ])
}

/** The key that the store is encrypted with, as far as it has an earlier version's marker. */
async function earlierKeyId(backend: Backend): Promise<string | undefined> {
  const marker = await backend.read(EARLIER_MARKER)
  const keyId = marker && encryptedWith(marker)
  return keyId === NO_KEY ? marker?.split('.')[2] : keyId
}

function otherKey(keyId: string, encryption: Encryption): ConfigError {
  return new ConfigError([
    `The store is encrypted with another key (${keyId}) than SIGHTSEER_STORE_KEY (${encryption.keyId}). To change keys, put the new one first and the old one after a comma.`,
  ])
}

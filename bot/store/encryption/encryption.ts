/**
 * Encrypts the store's values with AES-256-GCM and a key from the environment.
 *
 * The keys of records (ids of guilds, channels, members) are not encrypted, because they are searched
 * by prefix; bot/store/encryption/names.ts hides the rest of the names. Each value has the id of its
 * encryption key, so that keys can be rotated: the first key encrypts, all of them decrypt.
 *
 * A value is bound to the key of its record as associated data, so that one that is copied to another
 * record cannot be decrypted there. Values of the earlier format, `aes1`, are not bound. They and
 * unencrypted values are read only while they are adopted (bot/store/encryption/adoption.ts).
 */

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { NAMESPACE } from '../backends/backend.ts'

/** Length of a key. */
export const KEY_BYTES = 32

const IV_BYTES = 12
const TAG_BYTES = 16
const CIPHER = 'aes-256-gcm'

/**
 * `aes2.<key id>.<base64 of IV, tag and ciphertext>`, or `aes1` without associated data. Unencrypted
 * values are JSON, which never starts like this.
 */
const ENVELOPE = /^aes([12])\.([0-9a-f]{8})\./

export type Format = 'plain' | 'aes1' | 'aes2'

/** Encrypts and decrypts values. */
export type Encryption = {
  /** Id of the key that encrypts: 8 hexadecimal digits that do not reveal the key. */
  readonly keyId: string
  /** Ids of all keys. */
  readonly keyIds: ReadonlySet<string>
  /** @param place where the text is stored: the key of its record. */
  encrypt(plain: string, place: string): string
  /** @throws unless the text was encrypted with one of the keys, for this place, and not changed. */
  decrypt(text: string, place: string): string
  /** The text of a value of any format. @throws if it cannot be decrypted. */
  decryptAny(text: string, place: string): string
}

/** @param keys at least one, each of KEY_BYTES; the first one encrypts. */
export function createEncryption(keys: readonly Uint8Array[]): Encryption {
  // Objects of keys, because bytes are made into one each time, which takes as long as a record.
  const keysById = new Map(keys.map((key) => [idOf(key), createSecretKey(key)]))
  const [keyId, key] = [...keysById][0] ?? []
  if (keyId === undefined || key === undefined) {
    throw new RangeError('expected at least one key, got none')
  }
  const decryptAny = (text: string, place: string) => {
    const id = encryptedWith(text)
    return id === undefined ? text : open(text, place, keysById.get(id))
  }
  return {
    keyId,
    keyIds: new Set(keysById.keys()),
    encrypt(plain, place) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv(CIPHER, key, iv)
      cipher.setAAD(associatedData(place))
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return `aes2.${keyId}.${Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64')}`
    },
    decrypt(text, place) {
      const format = formatOf(text)
      if (format !== 'aes2') {
        throw new Error(`expected the format aes2, got ${format}`)
      }
      return decryptAny(text, place)
    },
    decryptAny,
  }
}

/** The format of a value. */
export function formatOf(text: string): Format {
  const version = ENVELOPE.exec(text)?.[1]
  return version === undefined ? 'plain' : version === '1' ? 'aes1' : 'aes2'
}

/** Id of the key that encrypted a value; undefined if it is not encrypted. */
export function encryptedWith(text: string): string | undefined {
  return ENVELOPE.exec(text)?.[2]
}

function open(text: string, place: string, key: KeyObject | undefined): string {
  if (key === undefined) {
    throw new Error(`written with key ${encryptedWith(text)}, which is not known`)
  }
  const bytes = Buffer.from(text.slice(text.lastIndexOf('.') + 1), 'base64')
  const body = IV_BYTES + TAG_BYTES
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  })
  if (formatOf(text) === 'aes2') {
    decipher.setAAD(associatedData(place))
  }
  decipher.setAuthTag(bytes.subarray(IV_BYTES, body))
  return decipher.update(bytes.subarray(body), undefined, 'utf8') + decipher.final('utf8')
}

function associatedData(place: string): Buffer {
  return Buffer.from(`${NAMESPACE}\n${place}`)
}

function idOf(key: Uint8Array): string {
  if (key.length !== KEY_BYTES) {
    throw new RangeError(`expected a key of ${KEY_BYTES} bytes, got ${key.length}`)
  }
  return createHash('sha256').update('sightseer store key').update(key).digest('hex').slice(0, 8)
}

/**
 * Encrypts what the store keeps, with AES-256-GCM and a key from the environment.
 *
 * Only values are encrypted; the keys of records (ids of guilds, channels, members) are not, since
 * they are searched by prefix. A value names the key it was written with, so that keys can be
 * changed: the first key writes, all of them read.
 */

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

/** Bytes of a key. */
export const KEY_BYTES = 32

const IV_BYTES = 12
const TAG_BYTES = 16
const CIPHER = 'aes-256-gcm'

/** `aes1.<key id>.<base64 of IV, tag and ciphertext>`; JSON, which is what is kept without a key, never starts so. */
const ENVELOPE = /^aes1\.([0-9a-f]{8})\./

/** Keyv's encryption hook, plus what is needed to say why a value cannot be read. */
export type Encryption = {
  /** Id of the key that writes; 8 hexadecimal digits that tell nothing about the key. */
  readonly keyId: string
  encrypt(plain: string): string
  /** Text that was never encrypted comes back as it is. @throws if the key is not known or the text was changed. */
  decrypt(text: string): string
  /** Whether it was written with a key that is not among ours. */
  isForeign(text: string): boolean
}

/** @param keys each KEY_BYTES long, the one that writes first; at least one. */
export function createEncryption(keys: readonly Uint8Array[]): Encryption {
  const known = new Map(keys.map((key) => [idOf(key), key]))
  const [keyId, key] = [...known][0] ?? []
  if (keyId === undefined || key === undefined) {
    throw new RangeError('expected at least one key, got none')
  }
  return {
    keyId,
    encrypt(plain) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv(CIPHER, key, iv)
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return `aes1.${keyId}.${Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64')}`
    },
    decrypt(text) {
      const id = encryptedWith(text)
      return id === undefined ? text : open(text, known.get(id))
    },
    isForeign(text) {
      const id = encryptedWith(text)
      return id !== undefined && !known.has(id)
    },
  }
}

/** Id of the key a stored value was written with; undefined if it is not encrypted. */
export function encryptedWith(text: string): string | undefined {
  return ENVELOPE.exec(text)?.[1]
}

function open(text: string, key: Uint8Array | undefined): string {
  if (key === undefined) {
    throw new Error(`written with key ${encryptedWith(text)}, which is not known`)
  }
  const bytes = Buffer.from(text.slice(text.lastIndexOf('.') + 1), 'base64')
  const body = IV_BYTES + TAG_BYTES
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAuthTag(bytes.subarray(IV_BYTES, body))
  return decipher.update(bytes.subarray(body), undefined, 'utf8') + decipher.final('utf8')
}

function idOf(key: Uint8Array): string {
  if (key.length !== KEY_BYTES) {
    throw new RangeError(`expected a key of ${KEY_BYTES} bytes, got ${key.length}`)
  }
  return createHash('sha256').update('sightseer store key').update(key).digest('hex').slice(0, 8)
}

/**
 * Encrypts what the queue has in Redis: AES-256-GCM with a key of its own for each message, derived
 * from the store's key and a random salt by HKDF (RFC 5869). So no number of messages uses a key up.
 *
 * A message is bound to the place where it is stored, as in the store (bot/store/encryption/). Several
 * keys: the first one seals, all of them open.
 */

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { KEY_BYTES } from '../../store/encryption/encryption.ts'

const CIPHER = 'aes-256-gcm'
const VERSION = 1
const ID_BYTES = 4
const SALT_BYTES = 16
const TAG_BYTES = 16
const IV_BYTES = 12
const HEADER_BYTES = 1 + ID_BYTES + SALT_BYTES
const PURPOSE = 'sightseer queue'

/** Sealed with a key that is not known, for another place, or changed. */
export class NotOpenedError extends Error {
  override name = 'NotOpenedError' as const
}

export class Sealer {
  readonly #keys: ReadonlyMap<string, KeyObject>
  readonly #id: Buffer
  readonly #key: KeyObject
  readonly #nameKey: KeyObject

  /** @param keys at least one, of 32 bytes each; the first one seals. */
  constructor(keys: readonly Uint8Array[]) {
    const [key] = keys
    if (key === undefined || keys.some(({ length }) => length !== KEY_BYTES)) {
      throw new RangeError(`expected at least one key, each of ${KEY_BYTES} bytes`)
    }
    this.#keys = new Map(keys.map((one) => [idOf(one).toString('hex'), createSecretKey(one)]))
    this.#id = idOf(key)
    this.#key = createSecretKey(key)
    const nameKey = hkdfSync('sha256', key, '', `${PURPOSE} names`, KEY_BYTES)
    this.#nameKey = createSecretKey(new Uint8Array(nameKey))
  }

  /** @param place where the message will be: its key in Redis. */
  seal(plain: Uint8Array, place: string): Buffer {
    const salt = randomBytes(SALT_BYTES)
    const { key, iv } = derive(this.#key, salt)
    const cipher = createCipheriv(CIPHER, key, iv)
    cipher.setAAD(Buffer.from(place))
    const body = [cipher.update(plain), cipher.final()]
    return Buffer.concat([Buffer.of(VERSION), this.#id, salt, cipher.getAuthTag(), ...body])
  }

  /** @throws {NotOpenedError} */
  open(sealed: Uint8Array, place: string): Buffer {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
    const master = this.#keys.get(bytes.subarray(1, 1 + ID_BYTES).toString('hex'))
    if (bytes[0] !== VERSION || master === undefined) {
      throw new NotOpenedError(`${place} was sealed with a key that is not known here`)
    }
    const { key, iv } = derive(master, bytes.subarray(1 + ID_BYTES, HEADER_BYTES))
    const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.from(place))
    try {
      decipher.setAuthTag(bytes.subarray(HEADER_BYTES, HEADER_BYTES + TAG_BYTES))
      const body = decipher.update(bytes.subarray(HEADER_BYTES + TAG_BYTES))
      return Buffer.concat([body, decipher.final()])
    } catch (cause) {
      throw new NotOpenedError(`${place} was changed, or sealed for another place`, { cause })
    }
  }

  /** Whether a message was sealed with the first key. */
  isCurrent(sealed: Uint8Array): boolean {
    return this.#id.equals(sealed.subarray(1, 1 + ID_BYTES))
  }

  /** A name for a text that does not reveal it; the same for all who have the key. */
  nameOf(text: string): string {
    return createHmac('sha256', this.#nameKey).update(text).digest('hex')
  }
}

/** A key and an IV that only this salt gives. */
function derive(master: KeyObject, salt: Uint8Array): { key: Buffer; iv: Buffer } {
  const bytes = Buffer.from(hkdfSync('sha256', master, salt, PURPOSE, KEY_BYTES + IV_BYTES))
  return { key: bytes.subarray(0, KEY_BYTES), iv: bytes.subarray(KEY_BYTES) }
}

function idOf(key: Uint8Array): Buffer {
  return createHash('sha256').update(`${PURPOSE} key`).update(key).digest().subarray(0, ID_BYTES)
}

/**
 * The names of records in the database: `<collection>/<key>`, and the tags that they are found by. In an
 * encrypted store tags, and the secret parts of keys, are replaced by their HMAC-SHA256.
 */

import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'

const KEY_PATTERN = /^[A-Za-z0-9_.:/-]{1,200}$/
const PREFIX_PATTERN = /^[A-Za-z0-9_.:/-]{0,200}$/
/** What a hidden part starts with. */
const HIDDEN = 'hmac.'

/** What names depend on. */
type Named = { readonly name: string; readonly readableKeyParts?: number }

export class Names {
  readonly #secret: KeyObject | undefined

  /** @param secret undefined: the store is not encrypted, and nothing is hidden. */
  constructor(secret: Uint8Array | undefined) {
    this.#secret = secret && createSecretKey(secret)
  }

  /** The name of a record. @throws {RangeError} if the key has other characters or is too long. */
  key(spec: Named, key: string): string {
    if (!KEY_PATTERN.test(key)) {
      throw new RangeError(
        `expected a key of 1 to 200 plain characters, got ${JSON.stringify(key)}`,
      )
    }
    const hidden = this.#hiddenPart(spec, key)
    return hidden === '' || hidden.startsWith(HIDDEN)
      ? `${spec.name}/${key}`
      : `${spec.name}/${key.slice(0, -hidden.length)}${HIDDEN}${this.#hmac(`key ${spec.name}/${key}`)}`
  }

  /** Whether a name shows what it should hide: an earlier version wrote it. */
  isExposed(spec: Named, name: string): boolean {
    const hidden = this.#hiddenPart(spec, this.ownKey(spec, name))
    return hidden !== '' && !hidden.startsWith(HIDDEN)
  }

  /** The start of the names of all keys with a prefix. @throws {RangeError} if it is in the hidden part. */
  prefix(spec: Named, prefix: string): string {
    if (!PREFIX_PATTERN.test(prefix)) {
      throw new RangeError(`expected a prefix of plain characters, got ${JSON.stringify(prefix)}`)
    }
    if (this.#hiddenPart(spec, prefix) !== '') {
      throw new RangeError(`expected a prefix of the readable parts, got ${JSON.stringify(prefix)}`)
    }
    return `${spec.name}/${prefix}`
  }

  /** The key in a name. */
  ownKey(spec: Named, name: string): string {
    return name.slice(spec.name.length + 1)
  }

  /** The tag that is written. */
  tag(spec: Named, tag: string): string {
    const name = fullTag(spec, tag)
    return this.#secret ? this.#hmac(`tag ${name}`) : name
  }

  /** What follows the readable parts; empty if nothing is hidden. */
  #hiddenPart({ readableKeyParts }: Named, key: string): string {
    return this.#secret === undefined || readableKeyParts === undefined
      ? ''
      : key.split('/').slice(readableKeyParts).join('/')
  }

  #hmac(text: string): string {
    return createHmac('sha256', this.#secret ?? '')
      .update(text)
      .digest('base64url')
  }
}

function fullTag(spec: Named, tag: string): string {
  if (!KEY_PATTERN.test(tag)) {
    throw new RangeError(`expected a tag of 1 to 200 plain characters, got ${JSON.stringify(tag)}`)
  }
  return `${spec.name}/${tag}`
}

/** Converts records to what the database stores, and back. */

import type { Backend, Entry } from './backends/backend.ts'
import { decode, encode } from './encoding.ts'
import { encryptedWith, type Encryption } from './encryption/encryption.ts'
import type { Names } from './encryption/names.ts'
import { NotAuthenticError, NotAuthenticLog } from './not-authentic.ts'
import type { StoreObserver } from './observer.ts'
import type { CollectionSpec } from './types.ts'

export type CodecDeps = {
  readonly backend: Pick<Backend, 'swap'>
  /** Absent: the store is not encrypted. */
  readonly encryption: Encryption | undefined
  readonly names: Names
  readonly options: StoreObserver
}

/** Keys have the collection's name here. */
export class Codec {
  readonly #deps: CodecDeps
  readonly #notAuthentic: NotAuthenticLog

  constructor(deps: CodecDeps) {
    this.#deps = deps
    this.#notAuthentic = new NotAuthenticLog(deps.options.log)
  }

  /**
   * Decodes a value. One that is damaged, or kept for longer than it was written for, is deleted,
   * unless it has changed.
   *
   * @returns undefined if there is no value, or it cannot be read.
   * @throws {NotAuthenticError}
   */
  async decode<T>(
    spec: CollectionSpec<T>,
    key: string,
    raw: string | undefined,
  ): Promise<T | undefined> {
    if (raw === undefined) {
      return undefined
    }
    const text = this.#textOf(spec, key, raw)
    try {
      const { value, expires = Infinity } = decode(text)
      if (expires <= Date.now()) {
        throw new RangeError('it has expired')
      }
      return spec.decode(value)
    } catch (error) {
      const { backend, options } = this.#deps
      const reason = error instanceof Error ? error.name : 'unknown'
      options.log.warn({ kind: spec.name, reason }, 'a record could not be read and is dropped')
      await backend.swap(key, raw, undefined)
      return undefined
    }
  }

  /** As `decode`; undefined also if the value is not authentic, which upkeep leaves as it is. */
  decodeAuthentic<T>(
    spec: CollectionSpec<T>,
    key: string,
    raw: string | undefined,
  ): Promise<T | undefined> {
    return this.decode(spec, key, raw).catch((error: unknown) => {
      if (!(error instanceof NotAuthenticError)) {
        throw error
      }
      return undefined
    })
  }

  /** When a value expires, in milliseconds since the epoch; undefined: never. @throws as `decode`. */
  expiryOf<T>(spec: CollectionSpec<T>, key: string, raw: string): number | undefined {
    return decode(this.#textOf(spec, key, raw)).expires
  }

  /** @param ttlMs lifetime, over 0. */
  entryOf<T>(spec: CollectionSpec<T>, key: string, record: T, ttlMs: number): Entry {
    if (!(ttlMs > 0 && Number.isFinite(ttlMs))) {
      throw new RangeError(`expected a lifetime over 0 ms, got ${ttlMs}`)
    }
    const expires = Math.ceil(Date.now() + ttlMs)
    const text = encode({ value: spec.encode ? spec.encode(record) : record, expires })
    return {
      value: this.#deps.encryption?.encrypt(text, key) ?? text,
      expires,
      tags: this.tagsOf(spec, key, record),
    }
  }

  /** The tags as they are stored. */
  tagsOf<T>(spec: CollectionSpec<T>, key: string, record: T): readonly string[] | undefined {
    const { names } = this.#deps
    return spec.index?.(record, names.ownKey(spec, key)).map((tag) => names.tag(spec, tag))
  }

  #textOf<T>(spec: CollectionSpec<T>, key: string, raw: string): string {
    const { encryption } = this.#deps
    try {
      if (encryption === undefined && encryptedWith(raw) !== undefined) {
        throw new Error('it is encrypted, and there is no key')
      }
      return encryption?.decrypt(raw, key) ?? raw
    } catch (cause) {
      throw this.#notAuthentic.error(spec.name, key, cause)
    }
  }
}

/**
 * The hashes of the files of known pictures, by the picture's name, for a bounded time and number.
 * An index finds them by what they belong to, so that a deletion does not read all of them.
 */

import { LRUCache } from 'lru-cache'
import { ownersOf } from './deletions.ts'

/** As long as the model may keep what it computed from a picture (inference/engine/feature-cache.ts). */
const LIFE_MS = 24 * 60 * 60_000
const MAX_FILES = 10_000

export class KnownFiles {
  readonly #hashes: LRUCache<string, string>
  /** Names by owner (bot/pictures/deletions.ts), and by `hash/` and the hash. */
  readonly #names = new Map<string, Set<string>>()

  /** @param expired called with the hash of a picture that is no longer known, but was not deleted. */
  constructor(expired: (hash: string) => void) {
    this.#hashes = new LRUCache({
      max: MAX_FILES,
      ttl: LIFE_MS,
      ttlAutopurge: true,
      dispose: (hash, name, reason) => {
        this.#unlist(name, hash)
        if (reason !== 'delete') {
          expired(hash)
        }
      },
    })
  }

  /** Hash of a picture's file; undefined if it is not known. */
  get(name: string): string | undefined {
    return this.#hashes.get(name)
  }

  set(name: string, hash: string): void {
    this.#hashes.set(name, hash)
    for (const owner of [...ownersOf(name), `hash/${hash}`]) {
      const names = this.#names.get(owner) ?? new Set()
      this.#names.set(owner, names.add(name))
    }
  }

  /** Whether any known picture has that hash. */
  hasHash(hash: string): boolean {
    return this.#names.has(`hash/${hash}`)
  }

  /** Hashes of the pictures of any of these owners. */
  hashesOf(owners: Iterable<string>): Set<string> {
    const names = [...owners].flatMap((owner) => [...(this.#names.get(owner) ?? [])])
    return new Set(names.flatMap((name) => this.#hashes.peek(name) ?? []))
  }

  /** Deletes all pictures with that hash. */
  deleteHash(hash: string): void {
    for (const name of this.#names.get(`hash/${hash}`) ?? []) {
      this.#hashes.delete(name)
    }
  }

  #unlist(name: string, hash: string): void {
    for (const owner of [...ownersOf(name), `hash/${hash}`]) {
      const names = this.#names.get(owner)
      names?.delete(name)
      if (names?.size === 0) {
        this.#names.delete(owner)
      }
    }
  }
}

/**
 * The hash lists of servers in the store: hashes of pictures that staff confirmed or dismissed.
 * `imported` entries come from another server: they only flag a picture, and only if no entry of the
 * server itself matches.
 */

import { setImmediate } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { DAY_MS } from '../../../config/durations.ts'
import { InputError } from '../../../config/errors.ts'
import type { Fingerprint } from '../../pictures/fingerprint.ts'
import { userTag } from '../../store/keys.ts'
import type { Collection, Store } from '../../store/types.ts'
import type { GuildModeration } from '../settings.ts'
import { codeOf, entrySchema, type HashEntry } from './hash-entry.ts'
import { LoadedHashes, type Match } from './loaded-hashes.ts'
import type { WordSketch } from './word-sketch.ts'

/** An entry expires after 180 days without a match. */
const UNSEEN_MS = 180 * DAY_MS
/** Servers whose lists are in memory at once; the least recently used is evicted. */
const MAX_INDEXES = 200
/** Entries of one server. */
const MAX_HASHES = 10_000
/** Entries that are written or loaded before other work of the process gets its turn. */
const ENTRIES_PER_TURN = 100

export class HashList {
  readonly collection: Collection<HashEntry>
  readonly #guilds: GuildModeration
  readonly #maxEntries: number
  readonly #loaded = new LRUCache<string, Promise<LoadedHashes>>({ max: MAX_INDEXES })

  /** @param maxEntries of one server. */
  constructor(store: Store, guilds: GuildModeration, maxEntries = MAX_HASHES) {
    this.#guilds = guilds
    this.#maxEntries = maxEntries
    this.collection = store.collection<HashEntry>({
      name: 'moderation-hashes',
      whenFull: 'refuse',
      ttlMs: UNSEEN_MS,
      whenNotAuthentic: 'skip',
      readableKeyParts: 1, // the server; then the hash
      decode: (data) => entrySchema.parse(data),
      index: ({ by, words }) =>
        [...new Set([by, words?.of ?? null])].flatMap((id) => (id === null ? [] : [userTag(id)])),
    })
  }

  /**
   * The entry that matches a picture best, as `LoadedHashes.bestMatch` has it.
   *
   * @param version `hashListVersion` of the server's settings.
   * @param read reads the words of the picture, null where it cannot; called at most once, and only
   *   where they tell what it matches.
   */
  async match(
    guildId: string,
    print: Fingerprint,
    version: number,
    read: () => Promise<WordSketch | null> = () => Promise.resolve(null),
  ): Promise<Match | undefined> {
    const before = await this.#indexOf(guildId, version)
    const words = before.needsWords(print) ? await read() : null
    for (;;) {
      const loaded = await this.#indexOf(guildId, version)
      const match = loaded.bestMatch(print, words)
      if (!match || (await this.#renew(guildId, loaded, match))) {
        return match
      }
      loaded.remove(codeOf(match.entry)) // it has expired since it was loaded
    }
  }

  /**
   * Writes entries; they replace those of the same picture.
   *
   * @returns how many were written: a full list takes no new ones.
   */
  async put(guildId: string, entries: readonly HashEntry[]): Promise<number> {
    let written = 0
    for (let i = 0; i < entries.length; i += ENTRIES_PER_TURN) {
      written += await this.#putSome(guildId, entries.slice(i, i + ENTRIES_PER_TURN))
      await setImmediate()
    }
    return written
  }

  /** Writes one entry. @throws {InputError} if the list is full. */
  async putOne(guildId: string, entry: HashEntry): Promise<void> {
    if ((await this.put(guildId, [entry])) === 0) {
      throw new InputError('hash/list-full', { most: this.#maxEntries })
    }
  }

  /** Sets the words of an entry, if it still exists. */
  async setWords(guildId: string, entry: HashEntry, words: HashEntry['words']): Promise<void> {
    const key = `${guildId}/${codeOf(entry)}`
    const now = await this.collection.update(key, (old) => old && { ...old, words })
    if (now) {
      await this.#changed(guildId, (loaded) => loaded.add(now))
    }
  }

  /** Removes the entries that `matches` selects. @returns how many. */
  async remove(guildId: string, matches: (entry: HashEntry) => boolean): Promise<number> {
    const removed: string[] = []
    for (const entry of await this.list(guildId)) {
      if (matches(entry) && (await this.collection.delete(`${guildId}/${codeOf(entry)}`))) {
        removed.push(codeOf(entry))
      }
    }
    if (removed.length > 0) {
      await this.#changed(guildId, (loaded) => {
        for (const code of removed) {
          loaded.remove(code)
        }
      })
    }
    return removed.length
  }

  /** All entries of a server, the newest first. */
  async list(guildId: string): Promise<HashEntry[]> {
    const all: HashEntry[] = []
    for await (const [, entry] of this.collection.entries(`${guildId}/`)) {
      all.push(entry)
    }
    return all.toSorted((a, b) => b.at - a.at)
  }

  /** Deletes all entries of a server. */
  async deleteGuild(guildId: string): Promise<void> {
    await this.collection.deleteAll(`${guildId}/`)
    this.#loaded.delete(guildId)
  }

  async #putSome(guildId: string, entries: readonly HashEntry[]): Promise<number> {
    const { hashListVersion } = await this.#guilds.of(guildId)
    const loaded = await this.#indexOf(guildId, hashListVersion)
    const replaced = new Set<string>()
    const written = new Map<string, HashEntry>()
    let room = this.#maxEntries - loaded.size
    const writes: Promise<void>[] = []
    for (const entry of entries) {
      const code = codeOf(entry)
      const same = loaded.replacedBy(entry)
      const isNew = same.length === 0 && !written.has(code)
      if (!isNew || room > 0) {
        writes.push(this.collection.set(`${guildId}/${code}`, entry))
        room -= Number(isNew)
        written.set(code, entry)
        same.forEach((one) => replaced.add(one))
      }
    }
    await Promise.all(writes)
    const outdated = [...replaced].filter((code) => !written.has(code))
    for (const code of outdated) {
      await this.collection.delete(`${guildId}/${code}`)
    }
    await this.#changed(guildId, (current) => {
      for (const code of outdated) {
        current.remove(code)
      }
      for (const entry of written.values()) {
        current.add(entry)
      }
    })
    return written.size
  }

  /**
   * Increments the version of the list, so that other processes load it again. The list in memory is
   * changed in place unless another process changed it: loading 10,000 entries would delay the next
   * picture.
   */
  async #changed(guildId: string, change: (loaded: LoadedHashes) => void): Promise<void> {
    const version = await this.#guilds.hashListChanged(guildId)
    const loaded = await this.#loaded.get(guildId)
    if (loaded?.version === version - 1) {
      change(loaded)
      loaded.version = version
    }
  }

  /** Renews an entry that matched, once a day. @returns whether it still exists. */
  async #renew(
    guildId: string,
    loaded: LoadedHashes,
    { entry, relation }: Match,
  ): Promise<boolean> {
    const now = Date.now()
    const code = codeOf(entry)
    if (relation === 'other' || loaded.isFresh(code, now)) {
      return true // other words on its template do not keep an entry
    }
    const renewed = await this.collection.update(
      `${guildId}/${code}`,
      (old) => old && { ...old, seenAt: now },
    )
    if (renewed) {
      loaded.renew(code, now)
    }
    return renewed !== undefined
  }

  async #indexOf(guildId: string, version: number): Promise<LoadedHashes> {
    const current = await this.#loaded.get(guildId)
    if (current && current.version >= version) {
      return current
    }
    const loading = this.#load(guildId, version)
    this.#loaded.set(guildId, loading)
    loading.catch(() => this.#loaded.delete(guildId))
    return loading
  }

  async #load(guildId: string, version: number): Promise<LoadedHashes> {
    const loaded = new LoadedHashes(version)
    for await (const [, entry] of this.collection.entries(`${guildId}/`)) {
      loaded.add(entry)
    }
    return loaded
  }
}

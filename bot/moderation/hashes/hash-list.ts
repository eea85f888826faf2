/**
 * The hash list of a server: hashes of pictures that its staff confirmed or dismissed, and the search
 * in it. `imported` entries come from another server: they only flag a picture.
 */

import { DAY_MS } from '../../../config/durations.ts'
import { InputError } from '../../../config/errors.ts'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { Collection, Store } from '../../store/types.ts'
import type { GuildModeration } from '../settings.ts'
import { HashIndex } from './hash-index.ts'
import { type Fingerprint, type Hash, isHash } from '../../pictures/fingerprint.ts'

/** An entry expires after 180 days without a match. */
const UNSEEN_MS = 180 * DAY_MS
/** Servers whose lists are in memory at once; the least recently used is evicted. */
const MAX_INDEXES = 200
/** Entries of one server. */
const MAX_HASHES = 10_000

const hash = z.string().refine(isHash)

const entrySchema = z.object({
  /** The hash of the whole picture; it identifies the entry. */
  hash,
  /** Hashes of cropped forms; none for an imported entry. */
  cropped: z.array(hash),
  verdict: z.enum(['confirmed', 'dismissed', 'imported']),
  /** Bits in which a picture may differ. */
  distance: z.int().min(0).max(15),
  /** The member who decided; null: their name was deleted. */
  by: z.string().nullable(),
  at: z.number(),
  seenAt: z.number(),
  /** The case of the decision; null: none. */
  caseId: z.string().nullable(),
  note: z.string(),
})

export type HashEntry = Readonly<z.infer<typeof entrySchema>>

/** The entry that a picture matches, and the bits in which they differ. */
export type Match = { readonly entry: HashEntry; readonly distance: number }

/** A server's list in memory. Changes by this process are applied to the store and to this. */
type Loaded = {
  version: number
  readonly index: HashIndex<HashEntry>
  /** The most bits that any entry allows, or allowed. */
  reach: number
  /** When each entry was last seen, by its hash. */
  readonly seen: Map<Hash, number>
}

export class HashList {
  readonly collection: Collection<HashEntry>
  readonly #guilds: GuildModeration
  readonly #loaded = new LRUCache<string, Promise<Loaded>>({ max: MAX_INDEXES })

  constructor(store: Store, guilds: GuildModeration) {
    this.#guilds = guilds
    this.collection = store.collection<HashEntry>({
      name: 'moderation-hashes',
      ttlMs: UNSEEN_MS,
      decode: (data) => entrySchema.parse(data),
    })
  }

  /**
   * The nearest entry that matches a picture; a dismissal wins over all others.
   *
   * @param version `hashListVersion` of the server's settings.
   */
  async match(guildId: string, print: Fingerprint, version: number): Promise<Match | undefined> {
    const loaded = await this.#indexOf(guildId, version)
    const matches = [print.whole, print.mirrored, ...print.cropped]
      .flatMap((one) => loaded.index.near(one, loaded.reach))
      .filter(({ value, distance }) => distance <= value.distance)
      .map(({ value, distance }) => ({ entry: value, distance }))
      .toSorted((a, b) => a.distance - b.distance)
    const match = matches.find(({ entry }) => entry.verdict === 'dismissed') ?? matches[0]
    if (!match || (await this.#renew(guildId, loaded, match.entry))) {
      return match
    }
    removeEntry(loaded, match.entry.hash) // it has expired since it was loaded
    return this.match(guildId, print, version)
  }

  /** Writes entries and replaces those of the same hash. @returns how many were written: a full list takes no new ones. */
  async put(guildId: string, entries: readonly HashEntry[]): Promise<number> {
    const { hashListVersion } = await this.#guilds.of(guildId)
    const known = new Set((await this.#indexOf(guildId, hashListVersion)).seen.keys())
    const written: HashEntry[] = []
    for (const entry of entries) {
      if (known.has(entry.hash) || known.size < MAX_HASHES) {
        await this.collection.set(`${guildId}/${entry.hash}`, entry)
        known.add(entry.hash)
        written.push(entry)
      }
    }
    await this.#changed(guildId, (loaded) => {
      for (const entry of written) {
        addEntry(loaded, entry)
      }
    })
    return written.length
  }

  /** Writes one entry. @throws {InputError} if the list is full. */
  async putOne(guildId: string, entry: HashEntry): Promise<void> {
    if ((await this.put(guildId, [entry])) === 0) {
      throw new InputError('hash/list-full', { most: MAX_HASHES })
    }
  }

  /** Removes the entries that `matches` selects. @returns how many. */
  async remove(guildId: string, matches: (entry: HashEntry) => boolean): Promise<number> {
    const removed: Hash[] = []
    for (const entry of await this.list(guildId)) {
      if (matches(entry) && (await this.collection.delete(`${guildId}/${entry.hash}`))) {
        removed.push(entry.hash)
      }
    }
    if (removed.length > 0) {
      await this.#changed(guildId, (loaded) => {
        for (const hash of removed) {
          removeEntry(loaded, hash)
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

  /**
   * Increments the version of the list, so that other processes load it again. The list in memory is
   * changed in place unless another process changed it: loading 10,000 entries would delay the next
   * picture.
   */
  async #changed(guildId: string, change: (loaded: Loaded) => void): Promise<void> {
    const version = await this.#guilds.hashListChanged(guildId)
    const loaded = await this.#loaded.get(guildId)
    if (loaded?.version === version - 1) {
      change(loaded)
      loaded.version = version
    }
  }

  /** Renews an entry that matched, once a day. @returns whether it still exists. */
  async #renew(guildId: string, { seen }: Loaded, { hash, seenAt }: HashEntry): Promise<boolean> {
    const now = Date.now()
    if (now - (seen.get(hash) ?? seenAt) <= DAY_MS) {
      return true
    }
    const renewed = await this.collection.update(
      `${guildId}/${hash}`,
      (old) => old && { ...old, seenAt: now },
    )
    if (renewed) {
      seen.set(hash, now)
    }
    return renewed !== undefined
  }

  async #indexOf(guildId: string, version: number): Promise<Loaded> {
    const current = await this.#loaded.get(guildId)
    if (current && current.version >= version) {
      return current
    }
    const loading = this.#load(guildId, version)
    this.#loaded.set(guildId, loading)
    loading.catch(() => this.#loaded.delete(guildId))
    return loading
  }

  async #load(guildId: string, version: number): Promise<Loaded> {
    const loaded: Loaded = { version, index: new HashIndex(), reach: 0, seen: new Map() }
    for (const entry of await this.list(guildId)) {
      addEntry(loaded, entry)
    }
    return loaded
  }
}

function addEntry(loaded: Loaded, entry: HashEntry): void {
  removeEntry(loaded, entry.hash)
  for (const hash of [entry.hash, ...entry.cropped]) {
    loaded.index.add(hash, entry)
  }
  loaded.reach = Math.max(loaded.reach, entry.distance)
  loaded.seen.set(entry.hash, entry.seenAt)
}

function removeEntry({ index, seen }: Loaded, removed: Hash): void {
  if (seen.delete(removed)) {
    index.remove(({ hash }) => hash === removed)
  }
}

/** A new entry for a picture, with the hashes of its cropped forms. */
export function hashEntryOf(
  print: Fingerprint,
  decision: Pick<HashEntry, 'verdict' | 'distance' | 'by' | 'caseId' | 'note'>,
): HashEntry {
  const at = Date.now()
  return { hash: print.whole, cropped: [...print.cropped], at, seenAt: at, ...decision }
}

/** Whether an entry lists the picture of this hash. */
export function lists({ hash, cropped }: HashEntry, whole: Hash): boolean {
  return hash === whole || cropped.includes(whole)
}

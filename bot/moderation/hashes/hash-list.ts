/**
 * The hash list of a server: hashes of pictures that its staff confirmed or dismissed, and the search
 * in it. `imported` entries come from another server: they only flag a picture, and only if no entry
 * of the server itself matches.
 */

import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { DAY_MS } from '../../../config/durations.ts'
import { InputError } from '../../../config/errors.ts'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { Collection, Store } from '../../store/types.ts'
import type { GuildModeration } from '../settings.ts'
import { HashIndex } from './hash-index.ts'
import { type Fingerprint, isDetailHash, isHash, sameDetail } from '../../pictures/fingerprint.ts'

/** An entry expires after 180 days without a match. */
const UNSEEN_MS = 180 * DAY_MS
/** Servers whose lists are in memory at once; the least recently used is evicted. */
const MAX_INDEXES = 200
/** Entries of one server. */
const MAX_HASHES = 10_000
/** Digits of a code that tell entries of one hash apart. */
const CODE_DIGITS = 6
/** Entries that are written or loaded before other work of the process gets its turn. */
const ENTRIES_PER_TURN = 100

const hash = z.string().refine(isHash)

const entrySchema = z.object({
  /** The hash of the whole picture. */
  hash,
  /** Hashes of cropped forms. */
  cropped: z.array(hash),
  /** The whole picture with its words; empty for an entry of an older version. */
  detail: z.string().refine(isDetailHash).default(''),
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

/** The entry that a picture matches. */
export type Match = {
  readonly entry: HashEntry
  /** The bits in which they differ, of 64. */
  readonly distance: number
  /**
   * Whether it is the same picture, words included. Otherwise it only resembles the entry, as a
   * cropped copy does, or another text on the same template.
   */
  readonly isSame: boolean
}

/** A server's list in memory. Changes by this process are applied to the store and to this. */
type Loaded = {
  version: number
  readonly whole: HashIndex<HashEntry>
  readonly cropped: HashIndex<HashEntry>
  /** The most bits that any entry allows, or allowed. */
  reach: number
  /** By code: each entry, and when it was last seen. */
  readonly entries: Map<string, { readonly entry: HashEntry; seenAt: number }>
}

export class HashList {
  readonly collection: Collection<HashEntry>
  readonly #guilds: GuildModeration
  readonly #maxEntries: number
  readonly #loaded = new LRUCache<string, Promise<Loaded>>({ max: MAX_INDEXES })

  /** @param maxEntries of one server. */
  constructor(store: Store, guilds: GuildModeration, maxEntries = MAX_HASHES) {
    this.#guilds = guilds
    this.#maxEntries = maxEntries
    this.collection = store.collection<HashEntry>({
      name: 'moderation-hashes',
      whenFull: 'refuse',
      ttlMs: UNSEEN_MS,
      decode: (data) => entrySchema.parse(data),
    })
  }

  /**
   * The entry that matches a picture best: one of the same picture before one that resembles it,
   * then a dismissal before a confirmation, then the nearest. An imported entry comes last.
   *
   * @param version `hashListVersion` of the server's settings.
   */
  async match(guildId: string, print: Fingerprint, version: number): Promise<Match | undefined> {
    const loaded = await this.#indexOf(guildId, version)
    const match = bestMatch(loaded, print)
    if (!match || (await this.#renew(guildId, loaded, match.entry))) {
      return match
    }
    removeEntry(loaded, codeOf(match.entry)) // it has expired since it was loaded
    return this.match(guildId, print, version)
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
          removeEntry(loaded, code)
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
    let room = this.#maxEntries - loaded.entries.size
    for (const entry of entries) {
      const code = codeOf(entry)
      const same = samePictures(loaded, entry)
      const isNew = same.length === 0 && !written.has(code)
      if (!isNew || room > 0) {
        await this.collection.set(`${guildId}/${code}`, entry)
        room -= Number(isNew)
        written.set(code, entry)
        same.forEach((one) => replaced.add(one))
      }
    }
    const outdated = [...replaced].filter((code) => !written.has(code))
    for (const code of outdated) {
      await this.collection.delete(`${guildId}/${code}`)
    }
    await this.#changed(guildId, (current) => {
      for (const code of outdated) {
        removeEntry(current, code)
      }
      for (const entry of written.values()) {
        addEntry(current, entry)
      }
    })
    return written.size
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
  async #renew(guildId: string, { entries }: Loaded, entry: HashEntry): Promise<boolean> {
    const now = Date.now()
    const known = entries.get(codeOf(entry))
    if (known && now - known.seenAt <= DAY_MS) {
      return true
    }
    const renewed = await this.collection.update(
      `${guildId}/${codeOf(entry)}`,
      (old) => old && { ...old, seenAt: now },
    )
    if (renewed && known) {
      known.seenAt = now
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
    const loaded: Loaded = {
      version,
      whole: new HashIndex(),
      cropped: new HashIndex(),
      reach: 0,
      entries: new Map(),
    }
    for (const [i, entry] of (await this.list(guildId)).entries()) {
      addEntry(loaded, entry)
      if (i % ENTRIES_PER_TURN === 0) {
        await setImmediate()
      }
    }
    return loaded
  }
}

/**
 * A cropped form is compared with the whole of the other picture only: two cropped forms have little
 * in them, and those of dark screenshots are nearly all alike.
 */
function bestMatch({ whole, cropped, reach }: Loaded, print: Fingerprint): Match | undefined {
  let best: Match | undefined
  let bestRank: readonly number[] = []
  const consider = (entry: HashEntry, distance: number, detail: number | null) => {
    if (distance > entry.distance) {
      return
    }
    const rank = rankOf(entry, distance, detail)
    if (best === undefined || isBefore(rank, bestRank)) {
      best = { entry, distance, isSame: detail !== null }
      bestRank = rank
    }
  }
  whole.visitNear(print.whole, reach, (entry, distance) => {
    // An imported entry only flags, and a file may hold thousands near one picture.
    const isOwn = entry.verdict !== 'imported'
    consider(
      entry,
      distance,
      isOwn ? sameDetail({ whole: entry.hash, detail: entry.detail }, print) : null,
    )
  })
  for (const hash of [print.mirrored, ...print.cropped]) {
    whole.visitNear(hash, reach, (entry, distance) => consider(entry, distance, null))
  }
  cropped.visitNear(print.whole, reach, (entry, distance) => consider(entry, distance, null))
  return best
}

/** What decides between two matches, the most important first; the lower is the better. */
function rankOf({ verdict }: HashEntry, distance: number, detail: number | null): number[] {
  return [
    Number(verdict === 'imported'),
    Number(detail === null),
    detail ?? 0,
    Number(verdict !== 'dismissed'),
    distance,
  ]
}

function isBefore(rank: readonly number[], other: readonly number[]): boolean {
  const i = rank.findIndex((value, place) => value !== other[place])
  return i >= 0 && rank[i]! < other[i]!
}

/** The codes of the entries that a new entry replaces: those of the same picture. */
function samePictures({ whole }: Loaded, entry: HashEntry): string[] {
  const codes: string[] = []
  whole.visitNear(entry.hash, 0, (other) => {
    // An entry of an older version has no detail: one hash was one picture then.
    if (other.detail === '' || entry.detail === '' || isSameEntry(other, entry)) {
      codes.push(codeOf(other))
    }
  })
  return [...new Set(codes)]
}

function isSameEntry(a: HashEntry, b: HashEntry): boolean {
  return (
    sameDetail({ whole: a.hash, detail: a.detail }, { whole: b.hash, detail: b.detail }) !== null
  )
}

function addEntry(loaded: Loaded, entry: HashEntry): void {
  removeEntry(loaded, codeOf(entry))
  loaded.whole.add(entry.hash, entry)
  for (const hash of entry.cropped) {
    loaded.cropped.add(hash, entry)
  }
  loaded.reach = Math.max(loaded.reach, entry.distance)
  loaded.entries.set(codeOf(entry), { entry, seenAt: entry.seenAt })
}

function removeEntry({ whole, cropped, entries }: Loaded, code: string): void {
  const known = entries.get(code)
  if (known) {
    entries.delete(code)
    whole.remove(known.entry)
    cropped.remove(known.entry)
  }
}

/** A new entry for a picture, with the hashes of its cropped forms. */
export function hashEntryOf(
  print: Fingerprint,
  decision: Pick<HashEntry, 'verdict' | 'distance' | 'by' | 'caseId' | 'note'>,
): HashEntry {
  const at = Date.now()
  const { whole: hash, cropped, detail } = print
  return { hash, cropped: [...cropped], detail, at, seenAt: at, ...decision }
}

/**
 * Identifies an entry in its list: the hash, and a digest of the detail, since pictures with other
 * words on one template may share a hash.
 */
export function codeOf({ hash, detail }: Pick<HashEntry, 'hash' | 'detail'>): string {
  return detail === ''
    ? hash
    : `${hash}-${createHash('sha256').update(detail).digest('hex').slice(0, CODE_DIGITS)}`
}

/**
 * What a server's staff said of pictures: hashes they confirmed or dismissed, and how to find them.
 * `imported` ones come from elsewhere: they are flagged and never acted on.
 */

import { DAY_MS } from '../../../config/durations.ts'
import { InputError } from '../../../config/errors.ts'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { Collection, Store } from '../../store/types.ts'
import type { GuildModeration } from '../settings.ts'
import { HashIndex } from './hash-index.ts'
import { type Fingerprint, type Hash, isHash } from '../../pictures/fingerprint.ts'

/** A hash ends after so many days without being seen. */
const UNSEEN_MS = 180 * DAY_MS
/** Servers whose hashes are in memory at once; the one asked for longest ago goes first. */
const MAX_INDEXES = 200
/** Hashes of one server. */
const MAX_HASHES = 10_000

const hash = z.string().refine(isHash)

const entrySchema = z.object({
  /** What the picture is called in the list: the hash of the whole of it. */
  hash,
  /** Hashes of cropped forms; none for an imported entry. */
  cropped: z.array(hash),
  verdict: z.enum(['confirmed', 'dismissed', 'imported']),
  /** Bits in which a picture may differ. */
  distance: z.int().min(0).max(15),
  /** Who said so; null: not known any more. */
  by: z.string().nullable(),
  at: z.number(),
  seenAt: z.number(),
  /** The case it was said in; null: none. */
  caseId: z.string().nullable(),
  note: z.string(),
})

export type HashEntry = Readonly<z.infer<typeof entrySchema>>

/** A picture's verdict, and in how many bits it differs from the one listed. */
export type Match = { readonly verdict: HashEntry; readonly distance: number }

/** A server's list in memory. What this process changes in the store, it changes here too. */
type Loaded = {
  version: number
  readonly index: HashIndex<HashEntry>
  /** The most bits that any entry allows, or allowed. */
  reach: number
  /** When each entry was last seen, by its hash. */
  readonly seen: Map<Hash, number>
}

export class HashList {
  readonly space: Collection<HashEntry>
  readonly #guilds: GuildModeration
  readonly #loaded = new LRUCache<string, Promise<Loaded>>({ max: MAX_INDEXES })

  constructor(store: Store, guilds: GuildModeration) {
    this.#guilds = guilds
    this.space = store.collection<HashEntry>({
      name: 'moderation-hashes',
      ttlMs: UNSEEN_MS,
      decode: (data) => entrySchema.parse(data),
    })
  }

  /**
   * What this server's staff said of a picture; a dismissal wins over whatever else is near.
   *
   * @param version of the server's list, as its settings have it.
   */
  async match(guildId: string, print: Fingerprint, version: number): Promise<Match | undefined> {
    const loaded = await this.#indexOf(guildId, version)
    const found = [print.whole, print.mirrored, ...print.cropped]
      .flatMap((one) => loaded.index.near(one, loaded.reach))
      .filter(({ value, distance }) => distance <= value.distance)
      .map(({ value, distance }) => ({ verdict: value, distance }))
      .toSorted((a, b) => a.distance - b.distance)
    const match = found.find(({ verdict }) => verdict.verdict === 'dismissed') ?? found[0]
    if (!match || (await this.#renew(guildId, loaded, match.verdict))) {
      return match
    }
    take(loaded, match.verdict.hash) // it has ended since it was loaded
    return this.match(guildId, print, version)
  }

  /** Writes verdicts; one of the same hash is replaced. @returns how many there were room for. */
  async put(guildId: string, hashList: readonly HashEntry[]): Promise<number> {
    const { list } = await this.#guilds.of(guildId)
    const known = new Set((await this.#indexOf(guildId, list)).seen.keys())
    const written: HashEntry[] = []
    for (const verdict of hashList) {
      if (known.has(verdict.hash) || known.size < MAX_HASHES) {
        await this.space.set(`${guildId}/${verdict.hash}`, verdict)
        known.add(verdict.hash)
        written.push(verdict)
      }
    }
    await this.#changed(guildId, (loaded) => {
      for (const verdict of written) {
        enter(loaded, verdict)
      }
    })
    return written.length
  }

  /** Writes one verdict. @throws {InputError} if there is no room for it. */
  async putOne(guildId: string, verdict: HashEntry): Promise<void> {
    if ((await this.put(guildId, [verdict])) === 0) {
      throw new InputError('hash/list-full', { most: MAX_HASHES })
    }
  }

  /** Takes out the verdicts that `gone` says yes to. @returns how many. */
  async remove(guildId: string, gone: (verdict: HashEntry) => boolean): Promise<number> {
    const removed: Hash[] = []
    for (const verdict of await this.list(guildId)) {
      if (gone(verdict) && (await this.space.delete(`${guildId}/${verdict.hash}`))) {
        removed.push(verdict.hash)
      }
    }
    if (removed.length > 0) {
      await this.#changed(guildId, (loaded) => {
        for (const one of removed) {
          take(loaded, one)
        }
      })
    }
    return removed.length
  }

  /** All of a server's, the newest first. */
  async list(guildId: string): Promise<HashEntry[]> {
    const all: HashEntry[] = []
    for await (const [, verdict] of this.space.entries(`${guildId}/`)) {
      all.push(verdict)
    }
    return all.toSorted((a, b) => b.at - a.at)
  }

  /** Deletes all of a server's. */
  async purge(guildId: string): Promise<void> {
    await this.space.deleteAll(`${guildId}/`)
    this.#loaded.delete(guildId)
  }

  /**
   * Tells the other processes that the list was changed, and does the same to the one in memory if
   * nobody else has changed it: loading ten thousand entries again would hold up the next picture.
   */
  async #changed(guildId: string, change: (loaded: Loaded) => void): Promise<void> {
    const version = await this.#guilds.listChanged(guildId)
    const loaded = await this.#loaded.get(guildId)
    if (loaded?.version === version - 1) {
      change(loaded)
      loaded.version = version
    }
  }

  /** An entry that was seen lives on. @returns whether it still lives. */
  async #renew(guildId: string, { seen }: Loaded, { hash, seenAt }: HashEntry): Promise<boolean> {
    const now = Date.now()
    if (now - (seen.get(hash) ?? seenAt) <= DAY_MS) {
      return true
    }
    const kept = await this.space.update(
      `${guildId}/${hash}`,
      (old) => old && { ...old, seenAt: now },
    )
    if (kept) {
      seen.set(hash, now)
    }
    return kept !== undefined
  }

  async #indexOf(guildId: string, version: number): Promise<Loaded> {
    const known = await this.#loaded.get(guildId)
    if (known && known.version >= version) {
      return known
    }
    const loading = this.#load(guildId, version)
    this.#loaded.set(guildId, loading)
    loading.catch(() => this.#loaded.delete(guildId))
    return loading
  }

  async #load(guildId: string, version: number): Promise<Loaded> {
    const loaded: Loaded = { version, index: new HashIndex(), reach: 0, seen: new Map() }
    for (const verdict of await this.list(guildId)) {
      enter(loaded, verdict)
    }
    return loaded
  }
}

function enter(loaded: Loaded, verdict: HashEntry): void {
  take(loaded, verdict.hash)
  for (const one of [verdict.hash, ...verdict.cropped]) {
    loaded.index.add(one, verdict)
  }
  loaded.reach = Math.max(loaded.reach, verdict.distance)
  loaded.seen.set(verdict.hash, verdict.seenAt)
}

function take({ index, seen }: Loaded, gone: Hash): void {
  if (seen.delete(gone)) {
    index.remove(({ hash: one }) => one === gone)
  }
}

/** The hash under which a picture is listed is also kept with its cropped forms. */
export function hashEntryOf(
  print: Fingerprint,
  said: Pick<HashEntry, 'verdict' | 'distance' | 'by' | 'caseId' | 'note'>,
): HashEntry {
  const at = Date.now()
  return { hash: print.whole, cropped: [...print.cropped], at, seenAt: at, ...said }
}

/** Whether an entry of the list means this picture. */
export function isOf({ hash, cropped }: HashEntry, whole: Hash): boolean {
  return hash === whole || cropped.includes(whole)
}

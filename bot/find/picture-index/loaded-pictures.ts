/**
 * The servers whose pictures are in memory, to be searched: read from the store when somebody searches,
 * then changed together with it. What another process writes is seen once they are read again.
 */

import { LRUCache } from 'lru-cache'
import { HOUR_MS } from '../../../config/durations.ts'
import type { Collection } from '../../store/types.ts'
import type { SearchablePicture } from '../searchable.ts'
import { PictureIndex } from './picture-index.ts'

/** All servers together; a server that is larger is read for each search, in parts of this size. */
const MAX_BYTES = 256 * 2 ** 20
/** After that they are read again, or no longer in memory where nobody searches. */
const LIFE_MS = HOUR_MS

type Change = (index: PictureIndex) => void

export class LoadedPictures {
  readonly #pictures: Pick<Collection<SearchablePicture>, 'entries'>
  readonly #maxBytes: number
  readonly #loaded: LRUCache<string, PictureIndex>
  /** What changes while a server is being read. */
  readonly #changes = new Map<string, Set<Change[]>>()
  /** Servers that are being read: others who search them wait. */
  readonly #reads = new Map<string, Promise<void>>()

  constructor(pictures: Pick<Collection<SearchablePicture>, 'entries'>, maxBytes = MAX_BYTES) {
    this.#pictures = pictures
    this.#maxBytes = maxBytes
    this.#loaded = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: ({ bytes }) => Math.max(1, bytes),
      ttl: LIFE_MS,
      noUpdateTTL: true,
      ttlAutopurge: true,
    })
  }

  /**
   * The pictures of a server: one part, or several where it has no room in memory.
   *
   * @param space whose vectors they have, as `spaceOf` names it; null: they need none.
   */
  async *partsOf(guildId: string, space: string | null): AsyncGenerator<PictureIndex, void> {
    let known = this.#known(guildId, space)
    while (known === undefined && this.#reads.has(guildId)) {
      await this.#reads.get(guildId)
      known = this.#known(guildId, space)
    }
    if (known) {
      known.removeExpired(Date.now())
      yield known
      return
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#reads.set(guildId, promise)
    try {
      yield* this.#read(guildId, space)
    } finally {
      this.#reads.delete(guildId)
      resolve()
    }
  }

  add(key: string, picture: SearchablePicture): void {
    this.#change(key, (index) => index.add(key, picture))
  }

  /** @param prefix of the keys of what is deleted. */
  remove(prefix: string): void {
    this.#change(prefix, (index) => index.remove(prefix))
  }

  #known(guildId: string, space: string | null): PictureIndex | undefined {
    const known = this.#loaded.get(guildId)
    return space === null || known?.space === space ? known : undefined
  }

  async *#read(guildId: string, space: string | null): AsyncGenerator<PictureIndex, void> {
    const changes: Change[] = []
    const all = this.#changes.get(guildId) ?? new Set()
    this.#changes.set(guildId, all.add(changes))
    try {
      let index = new PictureIndex(space)
      let isWhole = true
      for await (const [key, picture] of this.#pictures.entries(`${guildId}/`)) {
        index.add(key, picture)
        if (index.bytes > this.#maxBytes) {
          isWhole = false
          yield index
          index = new PictureIndex(space)
        }
      }
      for (const change of changes) {
        change(index)
      }
      if (isWhole) {
        this.#loaded.delete(guildId) // another space, whose life ends earlier
        this.#loaded.set(guildId, index)
      }
      yield index
    } finally {
      all.delete(changes)
      if (all.size === 0) {
        this.#changes.delete(guildId)
      }
    }
  }

  #change(key: string, change: Change): void {
    const [guildId = ''] = key.split('/', 1)
    const loaded = this.#loaded.peek(guildId)
    if (loaded) {
      change(loaded)
      // Its size is counted anew only where it is another entry.
      const ttl = this.#loaded.getRemainingTTL(guildId)
      this.#loaded.delete(guildId)
      this.#loaded.set(guildId, loaded, { ttl })
    }
    for (const changes of this.#changes.get(guildId) ?? []) {
      changes.push(change)
    }
  }
}

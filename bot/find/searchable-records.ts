/**
 * The records of /find: what is known of each picture, and apart from that its vectors. Both are written
 * and deleted here only, so that nothing of a picture stays.
 */

import type { Collection, Store } from '../store/types.ts'
import { LoadedPictures } from './picture-index/loaded-pictures.ts'
import { SEARCHABLE, SEARCHABLE_VECTORS, type SearchablePicture } from './searchable.ts'

type Vectors = { readonly vectors: string }
type Reading = Pick<Collection<SearchablePicture>, 'get' | 'entries' | 'keys' | 'entriesWith'>

export class SearchableRecords {
  /** What of them is in memory. */
  readonly loaded: LoadedPictures
  readonly get: Reading['get']
  readonly entries: Reading['entries']
  readonly keys: Reading['keys']
  readonly entriesWith: Reading['entriesWith']
  readonly keysWith: Collection<SearchablePicture>['keysWith']
  readonly #pictures: Collection<SearchablePicture>
  readonly #vectors: Collection<Vectors>

  constructor(store: Store) {
    const pictures = store.collection(SEARCHABLE)
    this.#pictures = pictures
    this.#vectors = store.collection(SEARCHABLE_VECTORS)
    this.loaded = new LoadedPictures(pictures)
    this.get = (key) => pictures.get(key)
    this.entries = (prefix) => pictures.entries(prefix)
    this.keys = (prefix) => pictures.keys(prefix)
    this.entriesWith = (tag) => pictures.entriesWith(tag)
    this.keysWith = (tag) => pictures.keysWith(tag)
  }

  /** @param vectors null: no model looked at the picture. @param ttlMs milliseconds, over 0. */
  async set(
    key: string,
    fields: Omit<SearchablePicture, 'until'>,
    { vectors, ttlMs }: { readonly vectors: string | null; readonly ttlMs: number },
  ): Promise<void> {
    const picture = { ...fields, until: Date.now() + ttlMs }
    await this.#pictures.set(key, picture, ttlMs)
    await (vectors === null ? undefined : this.#vectors.set(key, { vectors }, ttlMs))
    this.loaded.add(key, picture)
  }

  /** All vectors of a picture, as bot/find/picture-vectors.ts packs them. */
  async vectorsOf(key: string): Promise<string | undefined> {
    return (await this.#vectors.get(key))?.vectors
  }

  /** @returns whether there was a picture. */
  async delete(key: string): Promise<boolean> {
    // First, because an interrupted deletion finds its pictures by the other record.
    await this.#vectors.delete(key)
    const wasThere = await this.#pictures.delete(key)
    this.loaded.remove(key)
    return wasThere
  }

  /** Deletes all keys that start with `prefix`. @returns the number of pictures. */
  async deleteAll(prefix: string): Promise<number> {
    await this.#vectors.deleteAll(prefix)
    const count = await this.#pictures.deleteAll(prefix)
    this.loaded.remove(prefix)
    return count
  }
}

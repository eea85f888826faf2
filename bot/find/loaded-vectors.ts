/**
 * The servers whose pictures are in memory, to be searched: read from the store when somebody searches,
 * then changed together with it. What another process writes is seen once they are read again.
 */

import { LRUCache } from 'lru-cache'
import { HOUR_MS } from '../../config/durations.ts'
import type { Collection } from '../store/types.ts'
import { unpacked } from './picture-vectors.ts'
import type { SearchablePicture } from './searchable.ts'
import { VectorIndex } from './vector-index.ts'

/** All servers together; one that is larger is read for each search. */
const MAX_BYTES = 256 * 2 ** 20
/** After that they are read again, or no longer in memory where nobody searches. */
const LIFE_MS = HOUR_MS

/** Whose vectors: those of one model only can be compared. */
export type Space = {
  /** As `spaceOf` names it. */
  readonly name: string
  readonly width: number
}

type Change = (index: VectorIndex, space: Space) => void

export class LoadedVectors {
  readonly #pictures: Pick<Collection<SearchablePicture>, 'entries'>
  readonly #loaded = new LRUCache<string, { readonly space: Space; readonly index: VectorIndex }>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ index }) => Math.max(1, index.bytes),
    ttl: LIFE_MS,
    ttlAutopurge: true,
  })
  /** What changes while a server is being read. */
  readonly #changes = new Map<string, Set<Change[]>>()

  constructor(pictures: Pick<Collection<SearchablePicture>, 'entries'>) {
    this.#pictures = pictures
  }

  /** The pictures of a server that have vectors in that space. */
  async of(guildId: string, space: Space): Promise<VectorIndex> {
    const known = this.#loaded.get(guildId)
    if (known?.space.name === space.name) {
      return known.index
    }
    const changes: Change[] = []
    const all = this.#changes.get(guildId) ?? new Set()
    this.#changes.set(guildId, all.add(changes))
    try {
      const index = new VectorIndex(space.width)
      for await (const [key, picture] of this.#pictures.entries(`${guildId}/`)) {
        addTo(index, space, { key, picture })
      }
      for (const change of changes) {
        change(index, space)
      }
      this.#loaded.set(guildId, { space, index })
      return index
    } finally {
      all.delete(changes)
    }
  }

  add(key: string, picture: SearchablePicture): void {
    this.#change(key, (index, space) => addTo(index, space, { key, picture }))
  }

  /** @param prefix of the keys of what is deleted. */
  remove(prefix: string): void {
    this.#change(prefix, (index) => index.remove(prefix))
  }

  #change(key: string, change: Change): void {
    const [guildId = ''] = key.split('/', 1)
    const loaded = this.#loaded.peek(guildId)
    if (loaded) {
      change(loaded.index, loaded.space)
    }
    for (const changes of this.#changes.get(guildId) ?? []) {
      changes.push(change)
    }
  }
}

function addTo(
  index: VectorIndex,
  space: Space,
  { key, picture }: { readonly key: string; readonly picture: SearchablePicture },
): void {
  if (picture.meaning?.space === space.name) {
    index.add(key, unpacked(picture.meaning.mean))
  }
}

/** What a picture is known by, and what was deleted lately. */

import { LRUCache } from 'lru-cache'
import type { FoundPicture } from '../../commands/picture.ts'

const MAX_DELETIONS = 10_000
/** Longer than any request lasts. */
const DELETIONS_MS = 60 * 60_000

/** Names a picture also after its links were renewed: its place, and its key in there. */
export function nameOf({ key, source }: FoundPicture): string {
  return [source?.channelId, source?.messageId, source?.authorId, key].join('/')
}

/**
 * The message and the channel of a picture of that name, and the picture itself, which can be edited
 * out of its message: with any of them the picture is gone.
 */
export function placesOf(name: string): string[] {
  const [channel = '', message = '', , ...key] = name.split('/')
  return [`message/${message}`, `channel/${channel}`, `picture/${message}/${key.join('/')}`]
}

/** Everything whose deletion deletes what was made of a picture of that name. */
export function ownersOf(name: string): string[] {
  const [channel = '', , author = ''] = name.split('/', 3)
  return ['all', `author/${author}`, `cleared/${channel}`, ...placesOf(name)]
}

/** Tells whether something was deleted since a moment; moments are counted, not timed. */
export class Deletions {
  readonly #moments = new LRUCache<string, number>({ max: MAX_DELETIONS, ttl: DELETIONS_MS })
  #now = 0

  get now(): number {
    return this.#now
  }

  add(deleted: Iterable<string>): void {
    this.#now += 1
    for (const one of deleted) {
      this.#moments.set(one, this.#now)
    }
  }

  isAfter(moment: number, ...any: readonly string[]): boolean {
    return any.some((one) => (this.#moments.get(one) ?? 0) > moment)
  }
}

/**
 * A server's pictures in memory, by channel: finds those with some words, and narrows them to those whose
 * vectors are compared with a text one by one. docs/models.md says how it compares with vector indexes.
 */

import { bytesOf, unpacked } from '../picture-vectors.ts'
import type { SearchablePicture } from '../searchable.ts'
import { searchText, type WordScorer } from '../word-scorer.ts'
import type { Best } from './best.ts'
import { ChannelPictures } from './channel-pictures.ts'

/** Keys are those of bot/find/searchable.ts: server, channel, message, picture. */
export class PictureIndex {
  /** Whose vectors, as `spaceOf` names it: those of one model only can be compared. Null: none. */
  readonly space: string | null
  readonly #channels = new Map<string, ChannelPictures>()
  #bytes = 0

  constructor(space: string | null) {
    this.space = space
  }

  /** The channels that have pictures. */
  get channels(): readonly string[] {
    return [...this.#channels.keys()]
  }

  get size(): number {
    return this.#channels.values().reduce((sum, { size }) => sum + size, 0)
  }

  /** In memory, about, with the keys. */
  get bytes(): number {
    return this.#bytes
  }

  /** Adds a picture, or replaces it. */
  add(key: string, { at, until, words, meaning }: SearchablePicture): void {
    const channelId = channelOf(key)
    const channel = this.#channels.get(channelId) ?? new ChannelPictures()
    this.#channels.set(channelId, channel)
    const hasMean = meaning !== null && meaning.space === this.space
    this.#change(channel, () => {
      channel.set({
        key,
        at,
        until: until ?? Infinity,
        text: searchText(words),
        mean: hasMean ? unpacked(meaning.mean) : null,
      })
    })
  }

  /** Removes the pictures whose keys start with `prefix`: one, those of a message, a channel, or all. */
  remove(prefix: string): void {
    const channelId = channelOf(prefix)
    if (channelId === '') {
      this.#channels.clear()
      this.#bytes = 0
      return
    }
    const channel = this.#channels.get(channelId)
    if (channel) {
      this.#change(channel, () => channel.remove(prefix))
      this.#dropEmpty(channelId, channel)
    }
  }

  /** Removes the pictures whose records have expired. @param now milliseconds since the epoch. */
  removeExpired(now: number): void {
    for (const [channelId, channel] of this.#channels) {
      this.#change(channel, () => channel.removeExpired(now))
      this.#dropEmpty(channelId, channel)
    }
  }

  /**
   * Adds the pictures of these channels whose means are most like a text to the best ones.
   *
   * @param text float32 [width], of length 1.
   */
  nearest(text: Float32Array, channelIds: Iterable<string>, best: Best): void {
    const query = bytesOf(text)
    for (const channelId of channelIds) {
      this.#channels.get(channelId)?.compare(query, best)
    }
  }

  /** How many pictures of these channels have a mean to be compared, and how many have none. */
  count(channelIds: Iterable<string>): { readonly seen: number; readonly unseen: number } {
    const counts = { seen: 0, unseen: 0 }
    for (const channelId of channelIds) {
      const { size = 0, unseen = 0 } = this.#channels.get(channelId) ?? {}
      counts.seen += size - unseen
      counts.unseen += unseen
    }
    return counts
  }

  /** Adds the pictures of these channels with all words to the best ones. @returns how many there are. */
  findWords(scorer: WordScorer, channelIds: Iterable<string>, best: Best): number {
    let count = 0
    for (const channelId of channelIds) {
      count += this.#channels.get(channelId)?.findWords(scorer, best) ?? 0
    }
    return count
  }

  #change(channel: ChannelPictures, change: () => void): void {
    const before = channel.bytes
    change()
    this.#bytes += channel.bytes - before
  }

  #dropEmpty(channelId: string, channel: ChannelPictures): void {
    if (channel.size === 0) {
      this.#bytes -= channel.bytes
      this.#channels.delete(channelId)
    }
  }
}

function channelOf(key: string): string {
  return key.split('/', 2)[1] ?? ''
}

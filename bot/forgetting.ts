/** Forgets what belonged to messages, channels and servers that are gone. */

import type { Settings } from './guild-settings.ts'
import type { ImageTokenCache } from './image-tokens.ts'
import { type Memory, type Place, prefixOf } from './memory.ts'
import type { People } from './people.ts'
import type { Pictures } from './pictures/pictures.ts'

type Parts = {
  readonly memory: Memory
  readonly people: People
  readonly settings: Settings
  readonly cache: ImageTokenCache
  readonly pictures: Pictures
}

export class Forgetting {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Messages of one channel were deleted. */
  async messages(place: Place, ids: readonly string[]): Promise<void> {
    const { memory, settings, cache, pictures } = this.#parts
    pictures.forget({ messages: ids })
    const ttlMs = await settings.ttlMs(place.guildId)
    for (const id of ids) {
      const { hashes } = await memory.messageGone(place, id, ttlMs)
      pictures.forget({ hashes })
      for (const hash of hashes) {
        await cache.forget(place, hash)
      }
    }
  }

  /** A channel or a thread was deleted. */
  async channel(place: Place): Promise<void> {
    this.#parts.pictures.forget({ channel: place.channelId })
    await this.#parts.memory.purge(place.guildId, place.channelId)
    await this.#parts.cache.purge(prefixOf(place))
  }

  /** The bot is no longer on a server. */
  async guild(guildId: string): Promise<void> {
    const { memory, people, settings, cache, pictures } = this.#parts
    pictures.clear() // a picture does not know its server, and this is rare
    await memory.purge(guildId)
    await cache.purge(`${guildId}/`)
    await people.uses.deleteAll(`${guildId}/`)
    await people.hints.deleteAll(`${guildId}/`)
    await settings.space.delete(guildId)
  }
}

/** Forgets what belonged to messages, channels and servers that are gone. */

import type { Settings } from './guild-settings.ts'
import type { Memory, Place } from './memory.ts'
import type { People } from './people.ts'
import type { Pictures } from './pictures/pictures.ts'

type Parts = {
  readonly memory: Memory
  readonly people: People
  readonly settings: Settings
  readonly pictures: Pictures
}

export class Forgetting {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Messages of one channel were deleted. */
  async messages(place: Place, ids: readonly string[]): Promise<void> {
    const { memory, settings, pictures } = this.#parts
    await pictures.forget({ messages: ids })
    const ttlMs = await settings.ttlMs(place.guildId)
    for (const id of ids) {
      const { hashes } = await memory.messageGone(place, id, ttlMs)
      await pictures.forget({ hashes })
    }
  }

  /** A channel or a thread was deleted. */
  async channel(place: Place): Promise<void> {
    const { memory, pictures } = this.#parts
    await pictures.forget({ channel: place.channelId })
    const hashes = await memory.purge(place.guildId, place.channelId)
    await pictures.forget({ hashes })
  }

  /** The bot is no longer on a server. */
  async guild(guildId: string): Promise<void> {
    const { memory, people, settings, pictures } = this.#parts
    await pictures.clear() // a picture does not know its server, and this is rare
    await memory.purge(guildId)
    await people.uses.deleteAll(`${guildId}/`)
    await people.hints.deleteAll(`${guildId}/`)
    await settings.space.delete(guildId)
  }
}

/**
 * Deletes what is remembered: with messages, channels and servers that are gone, and when people
 * ask for it. Work under way that depends on any of it ends first (bot/memory/deletions.ts).
 */

import { SnowflakeUtil } from 'discord.js'
import {
  type ChannelRecord,
  questionsIn,
  type Reader,
  visibleTo,
  withoutPerson,
  withoutTalks,
  withoutTurn,
} from './conversation.ts'
import type { Deletions } from './deletions.ts'
import type { Settings } from './guild-settings.ts'
import type { MemoryRecords } from './records.ts'
import type { People } from './user-store.ts'
import type { Pictures } from '../pictures/pictures.ts'
import { type Place, placeIn, prefixOf } from '../discord/place.ts'

type Parts = {
  readonly records: MemoryRecords
  readonly deletions: Deletions
  readonly people: People
  readonly settings: Settings
  readonly pictures: Pictures
}

/** How much was forgotten that the one who had it forgotten could see. */
type Forgotten = { readonly talks: number; readonly turns: number }

export class Forgetting {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /**
   * Messages of one channel were deleted: a picture's takes its conversations along, an answer's
   * what it said; a description's takes its whole conversation along.
   */
  async messages(place: Place, ids: readonly string[]): Promise<void> {
    const { records, deletions, pictures } = this.#parts
    await deletions.delete({ subjects: ids.map((id) => `message/${id}` as const) }, async () => {
      await pictures.forget({ messages: ids })
      for (const id of ids) {
        await this.#message(place, id)
        await records.forms.deleteAll(`${prefixOf(place)}${id}.`)
      }
    })
  }

  /** An answer was deleted, or could not be delivered where it was delivered before. */
  async answer(place: Place, key: string): Promise<void> {
    const { records, deletions } = this.#parts
    await deletions.delete({ subjects: [`answer/${key}`] }, async () => {
      const answer = await records.answers.get(prefixOf(place) + key)
      await this.#erase(place, null, (before) => {
        let record = before
        for (const { talk, turn } of answer?.parts ?? []) {
          record =
            turn === null
              ? withoutTalks(record, ({ id }) => id === talk)
              : withoutTurn(record, talk, turn)
        }
        return record
      })
      await records.answers.delete(prefixOf(place) + key)
    })
  }

  /**
   * A channel or a thread was deleted.
   *
   * @param before snowflake of the command that only has it forgotten.
   */
  async channel(place: Place, before?: string): Promise<void> {
    const { deletions, pictures } = this.#parts
    const deletion = { subjects: [`channel/${place.channelId}`] as const }
    await deletions.delete(before === undefined ? deletion : { ...deletion, before }, async () => {
      await pictures.forget({ channel: place.channelId })
      await this.#elsewhere(place)
      await this.#deleteAll(prefixOf(place))
    })
  }

  /** The bot is no longer on a server. */
  async guild(guildId: string): Promise<void> {
    const { deletions, people, settings, pictures } = this.#parts
    // The bot can be invited again.
    const before = SnowflakeUtil.generate().toString()
    await deletions.delete({ subjects: [`guild/${guildId}`], before }, async () => {
      await pictures.clear() // a picture does not know its server, and this is rare
      await this.#deleteAll(`${guildId}/`)
      await people.uses.deleteAll(`${guildId}/`)
      await people.hints.deleteAll(`${guildId}/`)
      await settings.space.delete(guildId)
    })
  }

  /** A picture is to be forgotten. @param as who wants that. */
  talk(place: Place, talkId: string, as: string): Promise<Forgotten> {
    return this.#erase(place, as, (record) => withoutTalks(record, ({ id }) => id === talkId))
  }

  /** What a person asked in a channel, and the pictures that only they talked about. */
  member(place: Place, userId: string, before: string): Promise<Forgotten> {
    const subjects = [`member/${place.channelId}/${userId}`] as const
    return this.#parts.deletions.delete({ subjects, before }, () => this.#person(place, userId))
  }

  /**
   * Everything about a person, in all channels.
   *
   * @param before snowflake of the command.
   * @returns how many records there were.
   */
  async person(userId: string, before: string): Promise<number> {
    const { records, deletions, people, pictures } = this.#parts
    return deletions.delete({ subjects: [`user/${userId}`], before }, async () => {
      await pictures.forget({ author: userId })
      let count = 0
      for await (const [key] of records.channels.entries()) {
        const { talks, turns } = await this.#person(placeIn(key), userId)
        count += talks + turns
      }
      for await (const [key, { asker }] of records.answers.entries()) {
        count += Number(asker === userId && (await records.answers.delete(key)))
      }
      for await (const [key, { by }] of records.forms.entries()) {
        count += Number(by === userId && (await records.forms.delete(key)))
      }
      count += Number(await people.locales.delete(userId))
      for (const space of [people.uses, people.hints]) {
        for await (const [key] of space.entries()) {
          count += Number(key.split('/')[1] === userId && (await space.delete(key)))
        }
      }
      return count
    })
  }

  /** A person opts out: what they are asking just now is not remembered either. */
  async optOut(userId: string, before: string): Promise<void> {
    const { deletions, people } = this.#parts
    await people.setOut(userId, true)
    await deletions.delete({ subjects: [`user/${userId}`], before }, async () => {})
  }

  async #message(place: Place, id: string): Promise<void> {
    const { records } = this.#parts
    const key = prefixOf(place) + id
    const message = await records.messages.get(key)
    if (!message) {
      return
    }
    for (const channelId of new Set([place.channelId, ...message.channels])) {
      await this.#erase({ ...place, channelId }, null, (record) =>
        withoutTalks(record, (talk) => message.talks.includes(talk.id)),
      )
    }
    if (message.answer !== null) {
      await this.answer(place, message.answer)
    }
    await records.messages.delete(key)
  }

  #person(place: Place, userId: string): Promise<Forgotten> {
    return this.#erase(place, userId, (record) => withoutPerson(record, userId))
  }

  /** The talks in other channels about pictures of a channel. */
  async #elsewhere(place: Place): Promise<void> {
    for await (const [, message] of this.#parts.records.messages.entries(prefixOf(place))) {
      for (const channelId of message.channels) {
        await this.#erase({ ...place, channelId }, null, (record) =>
          withoutTalks(record, ({ id }) => message.talks.includes(id)),
        )
      }
    }
  }

  /** @param prefix of the keys of a channel or of a server. */
  async #deleteAll(prefix: string): Promise<void> {
    const { records, pictures } = this.#parts
    const hashes = new Set<string>()
    for await (const [, { talks }] of records.channels.entries(prefix)) {
      for (const { picture } of talks) {
        hashes.add(picture.hash)
      }
    }
    for (const space of [records.channels, records.answers, records.messages, records.forms]) {
      await space.deleteAll(prefix)
    }
    await pictures.forget({ hashes: [...hashes] })
  }

  /** Ends the work that asks about the talks that go, then takes them out. */
  async #erase(
    place: Place,
    as: Reader,
    erase: (record: ChannelRecord) => ChannelRecord,
  ): Promise<Forgotten> {
    const { records, deletions, settings } = this.#parts
    const now = await records.channel(place)
    const left = new Set(erase(now).talks.map(({ id }) => id))
    const going = now.talks.filter(({ id }) => !left.has(id))
    const ttlMs = await settings.ttlMs(place.guildId)
    const subjects = going.map(({ id }) => `talk/${id}` as const)
    const { before, after } = await deletions.delete({ subjects }, () =>
      records.change(place, erase, ttlMs),
    )
    const [seen, still] = [visibleTo(before, as), visibleTo(after, as)]
    return {
      talks: seen.talks.length - still.talks.length,
      turns: questionsIn(seen) - questionsIn(still),
    }
  }
}

/** What someone may see and delete of what the bot keeps: the commands /memory and /privacy. */

import { type ChatInputCommandInteraction, PermissionFlagsBits, time } from 'discord.js'
import { HOUR_MS } from '../config/durations.ts'
import { escaped, shortened } from '../commands/answer-text.ts'
import type { MemoryService, PrivacyService } from '../commands/command.ts'
import type { Catalogue } from '../commands/i18n/words.ts'
import { InputError } from '../config/errors.ts'
import { labelOf } from './asking.ts'
import { type ChannelRecord, followedBy, type Talk } from './channel-record.ts'
import { placeOf } from './desk.ts'
import type { Settings } from './guild-settings.ts'
import type { Memory, Place } from './memory.ts'
import type { People } from './people.ts'
import type { Pictures } from './pictures/pictures.ts'

const SHOWN_TALKS = 8
const SHOWN_TURNS = 3

type Parts = {
  readonly memory: Memory
  readonly people: People
  readonly settings: Settings
  readonly pictures: Pictures
}

/** `/memory` */
export function memoryService({ memory, pictures, settings }: Parts): MemoryService {
  return {
    show: async (use, text) => shown(await memory.channel(placeOf(use), use.user.id), text),

    forget: async (use, what, picture) => {
      const place = placeOf(use)
      const { talks } = await memory.channel(place, use.user.id)
      if (what === 'channel') {
        if (use.inGuild() && !use.memberPermissions.has(PermissionFlagsBits.ManageMessages)) {
          throw new InputError('permission/not-yours')
        }
        const hashes = await memory.purge(place.guildId, place.channelId)
        await pictures.forget({ channel: place.channelId, hashes })
        // What others asked privately is deleted too, but a count would tell of it.
        return talks.length
      }
      const ttlMs = await settings.ttlMs(place.guildId)
      if (what === 'mine') {
        return forgetPerson({ memory, pictures, place, ttlMs }, use.user.id)
      }
      const talk =
        picture === undefined
          ? followedBy({ talks }, use.user.id)
          : talks.find(
              ({ id, picture: { source } }) => id === picture || source?.messageId === picture,
            )
      if (!talk) {
        return 0
      }
      if (!mayForget(use, talk)) {
        throw new InputError('permission/not-yours')
      }
      const forgotten = await memory.forgetTalk(place, talk.id, { as: use.user.id, ttlMs })
      await pictures.forget(forgotten)
      return forgotten.talks
    },
  }
}

/** `/privacy` */
export function privacyService(parts: Parts): PrivacyService {
  const { memory, people, settings, pictures } = parts
  return {
    isOut: (userId) => people.isOut(userId),
    setOut: (userId, out) => people.setOut(userId, out),
    records: (userId) => recordsOf({ memory, people }, userId),
    forget: async (userId) => {
      await pictures.forget({ author: userId })
      let count = 0
      for await (const place of memory.places()) {
        const ttlMs = await settings.ttlMs(place.guildId)
        count += await forgetPerson({ memory, pictures, place, ttlMs }, userId)
      }
      count += await memory.forgetAnswers(userId)
      count += (await people.locales.delete(userId)) ? 1 : 0
      for (const space of [people.uses, people.hints]) {
        for await (const [key] of space.entries()) {
          if (key.split('/')[1] === userId && (await space.delete(key))) {
            count += 1
          }
        }
      }
      return count
    },
    retentionHours: async (guildId) => (await settings.ttlMs(guildId)) / HOUR_MS,
  }
}

/** Everything kept that names a person, each with where it is from. */
async function recordsOf(
  { memory, people }: Pick<Parts, 'memory' | 'people'>,
  userId: string,
): Promise<object[]> {
  const records = await Array.fromAsync(memory.recordsOf(userId))
  for await (const [key, { count }] of people.uses.entries()) {
    if (key.split('/')[1] === userId) {
      records.push({ kind: 'uses', place: key, count })
    }
  }
  for await (const [key, { at }] of people.hints.entries()) {
    if (key.split('/')[1] === userId) {
      records.push({ kind: 'hint', place: key, at })
    }
  }
  const language = await people.locales.get(userId)
  if (language) {
    records.push({ kind: 'language', ...language })
  }
  const out = await people.optOuts.get(userId)
  return out ? [...records, { kind: 'opt-out', ...out }] : records
}

async function forgetPerson(
  from: Pick<Parts, 'memory' | 'pictures'> & { place: Place; ttlMs: number },
  userId: string,
): Promise<number> {
  const { memory, place, ttlMs } = from
  const forgotten = await memory.forgetPerson(place, userId, ttlMs)
  await from.pictures.forget(forgotten)
  return forgotten.talks + forgotten.turns
}

/** Whoever showed the picture, posted it, or moderates. */
function mayForget(use: ChatInputCommandInteraction, { by, picture }: Talk): boolean {
  const own = by === use.user.id || picture.source?.authorId === use.user.id
  return own || (use.inGuild() && use.memberPermissions.has(PermissionFlagsBits.ManageMessages))
}

function shown({ talks }: ChannelRecord, { memory: words }: Catalogue): string {
  if (talks.length === 0) {
    return words.nothing
  }
  const newest = talks.toReversed()
  const lines = newest.slice(0, SHOWN_TALKS).flatMap((talk) => {
    const until = time(Math.floor(talk.until / 1000), 'R')
    const name = escaped(shortened(labelOf(talk), 80))
    const turns = talk.turns.slice(-SHOWN_TURNS).map(({ question, answer, by }) => {
      const cut = escaped(shortened(answer, 60))
      const said = talk.picture.spoiler ? `||${cut}||` : cut
      return `  - ${words.turn(escaped(shortened(question, 60)), said, `<@${by}>`)}`
    })
    return [`- ${words.line(name, until, talk.turns.length)}`, ...turns]
  })
  const more = newest.length > SHOWN_TALKS ? [words.more(newest.length - SHOWN_TALKS)] : []
  return [words.title(talks.length), ...lines, ...more].join('\n')
}

/** What someone may see and delete of what the bot keeps: the commands /memory and /privacy. */

import { type ChatInputCommandInteraction, PermissionFlagsBits, time } from 'discord.js'
import { HOUR_MS } from '../../config/durations.ts'
import { escaped, shortened } from '../../commands/answer-text.ts'
import type { MemoryService, PrivacyService } from '../../commands/command.ts'
import type { Catalogue } from '../../commands/i18n/words.ts'
import { InputError } from '../../config/errors.ts'
import { labelOf } from '../requests/question-flow.ts'
import { type ChannelRecord, followedBy, type Talk } from './conversation.ts'
import { placeOf } from '../requests/submit.ts'
import type { Forgetting } from './eraser.ts'
import type { Settings } from './guild-settings.ts'
import type { Memory } from './conversation-store.ts'
import type { People } from './user-store.ts'

const SHOWN_TALKS = 8
const SHOWN_TURNS = 3

type Parts = {
  readonly memory: Memory
  readonly people: People
  readonly settings: Settings
  readonly forgetting: Forgetting
}

/** `/memory` */
export function memoryService({
  memory,
  forgetting,
}: Pick<Parts, 'memory' | 'forgetting'>): MemoryService {
  return {
    show: async (interaction, text) =>
      shown(await memory.channel(placeOf(interaction), interaction.user.id), text),

    forget: async (interaction, what, picture) => {
      const place = placeOf(interaction)
      const { talks } = await memory.channel(place, interaction.user.id)
      if (what === 'channel') {
        if (
          interaction.inGuild() &&
          !interaction.memberPermissions.has(PermissionFlagsBits.ManageMessages)
        ) {
          throw new InputError('permission/not-yours')
        }
        await forgetting.channel(place, interaction.id)
        // What others asked privately is deleted too, but a count would tell of it.
        return talks.length
      }
      if (what === 'mine') {
        const forgotten = await forgetting.member(place, interaction.user.id, interaction.id)
        return forgotten.talks + forgotten.turns
      }
      const talk =
        picture === undefined
          ? followedBy({ talks }, interaction.user.id)
          : talks.find(
              ({ id, picture: { source } }) => id === picture || source?.messageId === picture,
            )
      if (!talk) {
        return 0
      }
      if (!mayForget(interaction, talk)) {
        throw new InputError('permission/not-yours')
      }
      return (await forgetting.talk(place, talk.id, interaction.user.id)).talks
    },
  }
}

/** `/privacy` */
export function privacyService({ memory, people, settings, forgetting }: Parts): PrivacyService {
  return {
    isOut: (userId) => people.isOut(userId),
    setOut: (userId, out, commandId) =>
      out ? forgetting.optOut(userId, commandId) : people.setOut(userId, false),
    records: (userId) => recordsOf({ memory, people }, userId),
    forget: (userId, commandId) => forgetting.person(userId, commandId),
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

/** Whoever showed the picture, posted it, or moderates. */
function mayForget(interaction: ChatInputCommandInteraction, { by, picture }: Talk): boolean {
  const own = by === interaction.user.id || picture.source?.authorId === interaction.user.id
  return (
    own ||
    (interaction.inGuild() && interaction.memberPermissions.has(PermissionFlagsBits.ManageMessages))
  )
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

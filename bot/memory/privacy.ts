/** What people can see and delete of the stored records: the commands /memory and /privacy. */

import { type ChatInputCommandInteraction, PermissionFlagsBits, time } from 'discord.js'
import { HOUR_MS } from '../../config/durations.ts'
import { escaped, shortened } from '../../commands/answer-text.ts'
import type { MemoryService, PrivacyService } from '../../commands/command.ts'
import type { Catalogue } from '../../commands/i18n/words.ts'
import { InputError } from '../../config/errors.ts'
import { labelOf } from '../requests/question-flow.ts'
import { type ChannelRecord, currentConversation, type Conversation } from './conversation.ts'
import { placeOf } from '../requests/submit.ts'
import type { Eraser } from './eraser.ts'
import type { GuildSettingsStore } from './guild-settings.ts'
import type { ConversationStore } from './conversation-store.ts'
import type { UserStore } from './user-store.ts'

const SHOWN_TALKS = 8
const SHOWN_TURNS = 3

type Deps = {
  readonly memory: ConversationStore
  readonly users: UserStore
  readonly settings: GuildSettingsStore
  readonly eraser: Eraser
}

/** `/memory` */
export function memoryService({ memory, eraser }: Pick<Deps, 'memory' | 'eraser'>): MemoryService {
  return {
    show: async (interaction, text) =>
      conversationList(await memory.channel(placeOf(interaction), interaction.user.id), text),

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
        await eraser.deleteChannel(place, interaction.id)
        // Others' private questions are deleted too, but a count would reveal them.
        return talks.length
      }
      if (what === 'mine') {
        const counts = await eraser.deleteMember(place, interaction.user.id, interaction.id)
        return counts.conversations + counts.turns
      }
      const conversation =
        picture === undefined
          ? currentConversation({ talks }, interaction.user.id)
          : talks.find(
              ({ id, picture: { source } }) => id === picture || source?.messageId === picture,
            )
      if (!conversation) {
        return 0
      }
      if (!mayDelete(interaction, conversation)) {
        throw new InputError('permission/not-yours')
      }
      return (await eraser.deleteConversation(place, conversation.id, interaction.user.id))
        .conversations
    },
  }
}

/** `/privacy` */
export function privacyService({ memory, users, settings, eraser }: Deps): PrivacyService {
  return {
    isOut: (userId) => users.hasOptedOut(userId),
    setOut: (userId, out, commandId) =>
      out ? eraser.optOut(userId, commandId) : users.setOptOut(userId, false),
    records: (userId) => recordsOf({ memory, users }, userId),
    forget: (userId, commandId) => eraser.deleteUser(userId, commandId),
    retentionHours: async (guildId) => (await settings.ttlMs(guildId)) / HOUR_MS,
  }
}

/** Every stored record that names a person, each with its place. */
async function recordsOf(
  { memory, users }: Pick<Deps, 'memory' | 'users'>,
  userId: string,
): Promise<object[]> {
  const records = await Array.fromAsync(memory.recordsOf(userId))
  for await (const [key, { count }] of users.uses.entries()) {
    if (key.split('/')[1] === userId) {
      records.push({ kind: 'uses', place: key, count })
    }
  }
  for await (const [key, { at }] of users.hints.entries()) {
    if (key.split('/')[1] === userId) {
      records.push({ kind: 'hint', place: key, at })
    }
  }
  const language = await users.locales.get(userId)
  if (language) {
    records.push({ kind: 'language', ...language })
  }
  const out = await users.optOuts.get(userId)
  return out ? [...records, { kind: 'opt-out', ...out }] : records
}

/** Only the person who showed or posted the picture, or a moderator, may delete it. */
function mayDelete(
  interaction: ChatInputCommandInteraction,
  { by, picture }: Conversation,
): boolean {
  const own = by === interaction.user.id || picture.source?.authorId === interaction.user.id
  return (
    own ||
    (interaction.inGuild() && interaction.memberPermissions.has(PermissionFlagsBits.ManageMessages))
  )
}

function conversationList({ talks }: ChannelRecord, { memory: words }: Catalogue): string {
  if (talks.length === 0) {
    return words.nothing
  }
  const newest = talks.toReversed()
  const lines = newest.slice(0, SHOWN_TALKS).flatMap((conversation) => {
    const until = time(Math.floor(conversation.until / 1000), 'R')
    const name = escaped(shortened(labelOf(conversation), 80))
    const turns = conversation.turns.slice(-SHOWN_TURNS).map(({ question, answer, by }) => {
      const shortAnswer = escaped(shortened(answer, 60))
      const answerText = conversation.picture.spoiler ? `||${shortAnswer}||` : shortAnswer
      return `  - ${words.turn(escaped(shortened(question, 60)), answerText, `<@${by}>`)}`
    })
    return [`- ${words.line(name, until, conversation.turns.length)}`, ...turns]
  })
  const more = newest.length > SHOWN_TALKS ? [words.more(newest.length - SHOWN_TALKS)] : []
  return [words.title(talks.length), ...lines, ...more].join('\n')
}

/** What people can see and delete of the conversations in a channel: `/memory`. */

import { type ChatInputCommandInteraction, PermissionFlagsBits, time } from 'discord.js'
import type { MemoryService } from '../../commands/command.ts'
import type { Catalog } from '../../commands/i18n/words.ts'
import { quoted } from '../../commands/answer-text.ts'
import { InputError } from '../../config/errors.ts'
import { pointable, viewerOf } from '../discord/picture-access.ts'
import { labelOf } from '../requests/question-flow.ts'
import { placeOf } from '../requests/submit.ts'
import { type ChannelRecord, currentConversation, type Conversation } from './conversation.ts'
import type { ConversationStore } from './conversation-store.ts'
import type { Eraser } from './eraser.ts'

const SHOWN_CONVERSATIONS = 8
const SHOWN_TURNS = 3

type Deps = { readonly memory: ConversationStore; readonly eraser: Eraser }

/** `/memory` */
export function memoryService({ memory, eraser }: Deps): MemoryService {
  return {
    show: async (interaction, text) => conversationList(await pointed(memory, interaction), text),

    forget: async (interaction, what, picture) => {
      const place = placeOf(interaction)
      const { talks } = await pointed(memory, interaction)
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

/** What a person may see of the channel's conversations, about pictures that they may point at. */
async function pointed(
  memory: ConversationStore,
  interaction: ChatInputCommandInteraction,
): Promise<ChannelRecord> {
  const record = await memory.channel(placeOf(interaction), interaction.user.id)
  return pointable(viewerOf(interaction), record)
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

function conversationList({ talks }: ChannelRecord, { memory: words }: Catalog): string {
  if (talks.length === 0) {
    return words.nothing
  }
  const newest = talks.toReversed()
  const lines = newest.slice(0, SHOWN_CONVERSATIONS).flatMap((conversation) => {
    const until = time(Math.floor(conversation.until / 1000), 'R')
    const name = quoted(labelOf(conversation, words), 80)
    const turns = conversation.turns.slice(-SHOWN_TURNS).map(({ question, answer, by }) => {
      const shortAnswer = quoted(answer, 60)
      const answerText = conversation.picture.spoiler ? `||${shortAnswer}||` : shortAnswer
      return `  - ${words.turn(quoted(question, 60), answerText, `<@${by}>`)}`
    })
    return [`- ${words.line(name, until, conversation.turns.length)}`, ...turns]
  })
  const more =
    newest.length > SHOWN_CONVERSATIONS ? [words.more(newest.length - SHOWN_CONVERSATIONS)] : []
  return [words.title(talks.length), ...lines, ...more].join('\n')
}

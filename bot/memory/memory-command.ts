/** What people can see and delete of the conversations in a channel: `/memory`. */

import { type ChatInputCommandInteraction, PermissionFlagsBits, time } from 'discord.js'
import type { MemoryList, MemoryService } from '../../commands/command.ts'
import type { Catalog } from '../../commands/i18n/words.ts'
import { MAX_CONTENT, plainText, quoted, shortened } from '../../commands/answer-text.ts'
import { InputError } from '../../config/errors.ts'
import { pointable, viewerOf } from '../discord/picture-access.ts'
import { labelOf } from '../requests/questions/ask-subject.ts'
import { placeOf } from '../discord/place.ts'
import type { ChannelRecord, Conversation } from './conversation.ts'
import { currentConversation } from './conversation-reading.ts'
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
        return byPicture(talks).length
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
      // A list shows each picture once, so all conversations about it go that the person may delete.
      const { hash } = conversation.picture
      const same = talks.filter((one) => one.picture.hash === hash && mayDelete(interaction, one))
      let count = 0
      for (const { id } of same) {
        const { conversations } = await eraser.deleteConversation(place, id, interaction.user.id)
        count = Math.max(count, conversations)
      }
      return count
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

/** The newest pictures as a message; if there are more, all of them as a file too. */
function conversationList({ talks }: ChannelRecord, text: Catalog): MemoryList {
  const { memory: words } = text
  if (talks.length === 0) {
    return { content: words.nothing, file: null }
  }
  const pictures = byPicture(talks)
  const shown = pictures.slice(0, SHOWN_CONVERSATIONS)
  const lines = shown.flatMap((conversation) => {
    const until = time(Math.floor(conversation.until / 1000), 'R')
    const name = quoted(labelOf(conversation, words), 80)
    const turns = conversation.turns.slice(-SHOWN_TURNS).map(({ question, answer, by }) => {
      const shortAnswer = quoted(answer, 60)
      const answerText = conversation.picture.spoiler ? `||${shortAnswer}||` : shortAnswer
      return `  - ${words.turn(quoted(question, 60), answerText, `<@${by}>`)}`
    })
    return [`- ${words.line(name, until, conversation.turns.length)}`, ...turns]
  })
  const isAll =
    pictures.length === shown.length && shown.every(({ turns }) => turns.length <= SHOWN_TURNS)
  const content = [words.title(pictures.length), ...lines].join('\n')
  const isShort = content.length + words.inFile.length < MAX_CONTENT
  return isAll && isShort
    ? { content, file: null }
    : {
        content: `${words.inFile}\n${shortened(content, MAX_CONTENT - words.inFile.length - 1)}`,
        file: asFile(pictures, text),
      }
}

/** The conversations with the newest first, each picture once with all that was asked about it. */
function byPicture(talks: readonly Conversation[]): Conversation[] {
  const pictures = new Map<string, Conversation>()
  for (const conversation of talks.toReversed()) {
    const { hash } = conversation.picture
    const newer = pictures.get(hash)
    pictures.set(
      hash,
      newer
        ? {
            ...newer,
            until: Math.max(newer.until, conversation.until),
            descriptions: [...conversation.descriptions, ...newer.descriptions],
            turns: [...conversation.turns, ...newer.turns],
          }
        : conversation,
    )
  }
  return [...pictures.values()]
}

/** Everything as plain text. */
function asFile(pictures: readonly Conversation[], { memory: words }: Catalog): string {
  const lines = pictures.flatMap((conversation) => [
    `${plainText(labelOf(conversation, words))} (${new Date(conversation.until).toISOString()})`,
    ...conversation.turns.map(
      ({ question, answer, by }) => `    ${words.turn(plainText(question), plainText(answer), by)}`,
    ),
  ])
  return `${words.fileTitle}\n\n${lines.join('\n')}\n`
}

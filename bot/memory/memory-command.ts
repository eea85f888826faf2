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
import { currentConversation, listedAt } from './conversation-reading.ts'
import type { ConversationStore } from './conversation-store.ts'
import type { Eraser } from './eraser.ts'

const SHOWN_CONVERSATIONS = 8
const SHOWN_TURNS = 3

/** A picture's conversations as one. */
type Pictured = Conversation & { readonly ids: readonly string[] }

type Turn = Conversation['turns'][number]

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
  const places = listedAt(talks)
  const pictures = byPicture(talks)
  const shown = pictures.slice(0, SHOWN_CONVERSATIONS)
  const lines = shown.flatMap((conversation) => {
    const until = time(Math.floor(conversation.until / 1000), 'R')
    const name = quoted(labelOf(conversation, words), 80)
    const listed = conversation.turns.slice(-SHOWN_TURNS).filter(isListed(conversation, places))
    const turns = listed.map((turn) => {
      const shortAnswer = quoted(turn.answer, 60)
      const answerText = conversation.picture.spoiler ? `||${shortAnswer}||` : shortAnswer
      const question = questionOf(turn, quoted(turn.question, 60), text)
      return `  - ${words.turn(question, answerText, `<@${turn.by}>`)}`
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
        file: asFile(pictures, places, text),
      }
}

/** Which questions are listed with a picture: one about several only with the first of them. */
function isListed({ ids }: Pictured, places: ReadonlyMap<string, string>) {
  return ({ id }: Turn) => {
    const place = places.get(id)
    return place === undefined || ids.includes(place)
  }
}

/** A question with how many pictures it is about, if these are several. */
function questionOf({ together = [] }: Turn, question: string, { memory: words }: Catalog): string {
  return together.length > 1 ? words.together(question, together.length) : question
}

/** The conversations with the newest first, each picture once with all that was asked about it. */
function byPicture(talks: readonly Conversation[]): Pictured[] {
  const pictures = new Map<string, Pictured>()
  for (const conversation of talks.toReversed()) {
    const { hash } = conversation.picture
    const newer = pictures.get(hash)
    pictures.set(
      hash,
      newer
        ? {
            ...newer,
            ids: [conversation.id, ...newer.ids],
            until: Math.max(newer.until, conversation.until),
            descriptions: [...conversation.descriptions, ...newer.descriptions],
            turns: unique([...conversation.turns, ...newer.turns]),
          }
        : { ...conversation, ids: [conversation.id] },
    )
  }
  return [...pictures.values()]
}

/** A picture may be in one question twice. */
function unique(turns: readonly Turn[]): Turn[] {
  return [...new Map(turns.map((turn) => [turn.id, turn])).values()]
}

/** Everything as plain text. */
function asFile(
  pictures: readonly Pictured[],
  places: ReadonlyMap<string, string>,
  text: Catalog,
): string {
  const { memory: words } = text
  const lines = pictures.flatMap((conversation) => [
    `${plainText(labelOf(conversation, words))} (${new Date(conversation.until).toISOString()})`,
    ...conversation.turns.filter(isListed(conversation, places)).map((turn) => {
      const question = questionOf(turn, plainText(turn.question), text)
      return `    ${words.turn(question, plainText(turn.answer), turn.by)}`
    }),
  ])
  return `${words.fileTitle}\n\n${lines.join('\n')}\n`
}

/** What `/ask` can be about: the pictures that it offers, and the one that was chosen. */

import type {
  AutocompleteInteraction,
  BaseInteraction,
  ChatInputCommandInteraction,
} from 'discord.js'
import type { FoundPicture } from '../../../commands/picture.ts'
import { catalogFor } from '../../../commands/i18n/catalog.ts'
import type { Catalog } from '../../../commands/i18n/words.ts'
import { plainText } from '../../../commands/answer-text.ts'
import { hasCode, InputError } from '../../../config/errors.ts'
import type { ChannelRecord, Conversation } from '../../memory/conversation.ts'
import { currentPicture } from '../../messages/current-picture.ts'
import { requirePictures } from '../../messages/message-subject.ts'
import { placeOf } from '../../discord/place.ts'
import { picturesIn } from '../../discord/message-pictures.ts'
import type { ConversationStore } from '../../memory/conversation-store.ts'
import { pointable, viewerOf } from '../../discord/picture-access.ts'
import { linkedMessage, recentWithPictures } from '../../discord/picture-finder.ts'

const MAX_CHOICES = 25
const MAX_CHOICE_NAME = 100

/** What a question is about. */
export type AskSubject =
  | { readonly conversation: Conversation }
  | { readonly conversation?: undefined; readonly pictures: readonly FoundPicture[] }

/** Autocomplete choices: pictures of stored conversations, then those of recent messages. */
export async function recentChoices(
  memory: ConversationStore,
  interaction: AutocompleteInteraction,
  typed: string,
) {
  const { talks } = await pointableRecord(memory, interaction)
  const words = catalogFor(interaction.locale).memory
  const fromConversations = talks
    .toReversed()
    .map((conversation) => ({ name: labelOf(conversation, words), value: conversation.id }))
  const about = new Set(talks.map(({ picture }) => picture.source?.messageId))
  const messages = interaction.channel
    ? await recentWithPictures(interaction.channel, viewerOf(interaction)).catch(() => [])
    : []
  const fromMessages = messages
    .filter(({ id }) => !about.has(id))
    .map((message) => {
      const names = picturesIn(message).map(({ name }) => name)
      return { name: `${names.join(', ')} (${message.author.displayName})`, value: message.id }
    })
  const search = typed.trim().toLowerCase()
  return [...fromConversations, ...fromMessages]
    .filter(({ name }) => name.toLowerCase().includes(search))
    .slice(0, MAX_CHOICES)
    .map(({ name, value }) => ({ name: plainText(name, MAX_CHOICE_NAME), value }))
}

/**
 * What `/ask` is about: a conversation, or the pictures of the linked message or of the newest one.
 *
 * @throws {InputError} if there is nothing to ask about.
 */
export async function askSubject(
  memory: ConversationStore,
  interaction: ChatInputCommandInteraction,
  { record, picture }: { readonly record: ChannelRecord; readonly picture: string | undefined },
): Promise<AskSubject> {
  const { channel } = interaction
  const viewer = viewerOf(interaction)
  if (picture !== undefined) {
    const conversation = record.talks.find(({ id }) => id === picture)
    if (conversation) {
      return { conversation }
    }
    const linked = await linkedMessage(picture, viewer)
    return { pictures: requirePictures(linked) }
  }
  const current = await currentPicture(record, viewer, channel, memory).catch((error: unknown) => {
    throw hasCode(error, 'channel/unreadable') ? new InputError('conversation/none') : error
  })
  if (current.kind === 'none') {
    throw new InputError('conversation/none')
  }
  return current
}

/** The conversations of the channel about pictures that the person may point at. */
export async function pointableRecord(
  memory: ConversationStore,
  interaction: BaseInteraction,
): Promise<ChannelRecord> {
  const record = await memory.channel(placeOf(interaction), interaction.user.id)
  return pointable(viewerOf(interaction), record)
}

/** The name of a conversation's picture in a list: with what it shows, or what was asked about it. */
export function labelOf(
  { picture, descriptions, turns }: Conversation,
  words: Pick<Catalog['memory'], 'asked'>,
): string {
  const caption = descriptions.at(-1)
  const question = turns.at(-1)?.question
  if (picture.spoiler || (caption === undefined && question === undefined)) {
    return picture.name
  }
  return caption === undefined
    ? words.asked(picture.name, question ?? '')
    : `${picture.name}: ${caption}`
}

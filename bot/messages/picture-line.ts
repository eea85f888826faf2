/**
 * The line that says which picture an answer is about, with a link to it. It stands above answers
 * that nothing else connects with their picture: the person did not post it or reply to it.
 */

import { quoted } from '../../commands/answer-text.ts'
import type { Catalog } from '../../commands/i18n/words.ts'
import { messageLink, type Place } from '../discord/place.ts'
import type { Conversation } from '../memory/conversation.ts'

const MAX_NAME = 60

/** @returns null if the answer is about no picture. */
export function pictureLine(
  conversations: readonly Conversation[],
  place: Place,
  { answer: words }: Catalog,
): string | null {
  const [first] = conversations
  if (!first) {
    return null
  }
  const { picture } = first
  const one = picture.spoiler ? words.hiddenPicture : quoted(picture.name, MAX_NAME)
  const name = conversations.length > 1 ? words.pictures(conversations.length) : one
  const link = linkOf(first, place)
  return words.about(link === null ? name : `[${name} ↗](${link})`)
}

/** The message with the picture or, for one that was attached to a command, the first answer about it. */
function linkOf({ picture, answers, visibleTo }: Conversation, place: Place): string | null {
  if (picture.source) {
    return messageLink({ ...place, channelId: picture.source.channelId }, picture.source.messageId)
  }
  const message = visibleTo === null ? answers[0]?.message : undefined
  return message === undefined ? null : messageLink(place, message)
}

/** What a message asks for that does not address the bot, in a channel where the bot answers by itself. */

import { isRestrictedForward } from '../../discord/picture-access.ts'
import type { UserStore } from '../../memory/user-store.ts'
import type { LinkPreviews } from '../../messages/link-previews.ts'
import { subjectOf } from '../../messages/message-subject.ts'
import type { RequestInput } from '../request.ts'
import type { IncomingMessage } from './incoming-message.ts'

type Deps = { readonly users: UserStore; readonly previews: LinkPreviews }

/**
 * The description of a message's pictures, or alternative text for those that have none, as the
 * server chose for the channel. Undefined if the channel is not chosen, there is no such picture, or
 * the author opted out.
 */
export async function automaticRequest(
  { message, place, settings }: IncomingMessage,
  { users, previews }: Deps,
): Promise<RequestInput | undefined> {
  const { channel, channelId } = message
  // The threads of a channel and the posts of a forum are answered as the channel is.
  const places = [channelId, ...(channel.isThread() ? [channel.parentId] : [])]
  const isAmong = (channels: readonly string[]) =>
    places.some((id) => id !== null && channels.includes(id))
  const describes = isAmong(settings.answerChannels)
  if (!describes && !isAmong(settings.altTextChannels)) {
    return undefined
  }
  if (isRestrictedForward({ client: message.client, place }, message)) {
    return undefined
  }
  const subject = subjectOf(await previews.settled(message))
  const pictures = subject.kind === 'pictures' ? subject.pictures : []
  const numbered = pictures.map((picture, index) => ({
    picture,
    number: pictures.length === 1 ? null : index + 1,
  }))
  const withoutAltText = numbered.filter(({ picture }) => !picture.altText)
  const isEmpty = (describes ? pictures : withoutAltText).length === 0
  if (isEmpty || (await users.hasOptedOut(message.author.id))) {
    return undefined
  }
  return describes
    ? {
        kind: 'look',
        pictures: [...pictures],
        style: settings.style,
        question: null,
        quoted: false,
        asked: false,
      }
    : {
        kind: 'alt-text',
        pictures: withoutAltText.map(({ picture }) => picture),
        numbers: withoutAltText.map(({ number }) => number),
        asked: false,
      }
}

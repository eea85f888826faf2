/**
 * What a question is about that names no picture: the picture that the person talked about last, or
 * the newest one of the channel if that was posted later. In a thread without pictures, it is what
 * the answer is about that the thread was started from.
 */

import type { Message, TextBasedChannel } from 'discord.js'
import type { FoundPicture } from '../../commands/picture.ts'
import { InputError } from '../../config/errors.ts'
import { newestWithPictures } from '../discord/picture-finder.ts'
import { picturesIn } from '../discord/message-pictures.ts'
import { pointable, type Viewer } from '../discord/picture-access.ts'
import type { ConversationStore } from '../memory/conversation-store.ts'
import { type ChannelRecord, type Conversation, EMPTY_CHANNEL } from '../memory/conversation.ts'
import { currentConversation, lastUse } from '../memory/conversation-reading.ts'

export type CurrentPicture =
  | {
      readonly kind: 'conversation'
      readonly conversation: Conversation
      /** Whether no newer picture is in the channel. */
      readonly isNewest: boolean
    }
  | { readonly kind: 'pictures'; readonly pictures: readonly FoundPicture[] }
  | { readonly kind: 'none' }

/**
 * The picture that a person's question is about.
 *
 * @param record of the channel, as far as the answer may use it and the person may point at it.
 * @throws {InputError} if the channel cannot be read, and there is no conversation.
 */
export async function currentPicture(
  record: ChannelRecord,
  viewer: Viewer,
  channel: TextBasedChannel | null,
  memory: ConversationStore,
): Promise<CurrentPicture> {
  const { userId } = viewer
  const current = currentConversation(record, userId)
  const newest = await newestWithPictures(channel, viewer).catch((error: unknown) => {
    if (current && error instanceof InputError) {
      return undefined
    }
    throw error
  })
  if (current && (newest === undefined || !isNewer(newest, current, userId))) {
    const isNewest = newest === undefined || current.picture.source?.messageId === newest.id
    return { kind: 'conversation', conversation: current, isNewest }
  }
  if (newest === undefined) {
    const above = await threadStartPictures(channel, viewer, memory)
    return above.length > 0 ? { kind: 'pictures', pictures: above } : { kind: 'none' }
  }
  const pictures = picturesIn(newest)
  const known = record.talks.findLast(({ picture }) => picture.source?.messageId === newest.id)
  return known && pictures.length === 1
    ? { kind: 'conversation', conversation: known, isNewest: true }
    : { kind: 'pictures', pictures }
}

/**
 * The pictures of the newest message that has some or, in a thread without pictures, those of the
 * answer that it was started from.
 *
 * @throws {InputError} if there is none, or the channel cannot be read.
 */
export async function currentPictures(
  channel: TextBasedChannel | null,
  viewer: Viewer,
  memory: ConversationStore,
): Promise<readonly FoundPicture[]> {
  const newest = await newestWithPictures(channel, viewer)
  const pictures = newest ? picturesIn(newest) : await threadStartPictures(channel, viewer, memory)
  if (pictures.length === 0) {
    throw new InputError('image/none-here')
  }
  return pictures
}

/**
 * The pictures of the answer that a thread was started from. Its conversations belong to the channel
 * above; those that only one person may see are left out, as the thread is not theirs alone.
 */
async function threadStartPictures(
  channel: TextBasedChannel | null,
  viewer: Viewer,
  memory: ConversationStore,
): Promise<readonly FoundPicture[]> {
  if (!channel?.isThread() || channel.parentId === null) {
    return []
  }
  const above = { guildId: channel.guildId, channelId: channel.parentId }
  // A thread has the id of the message that it was started from.
  const answer = await memory.answerByMessage(above, channel.id, null)
  const { talks } = answer
    ? await pointable(viewer, await memory.channel(above, null))
    : EMPTY_CHANNEL
  return (answer?.parts ?? [])
    .flatMap(({ talk }) => talks.find(({ id }) => id === talk) ?? [])
    .map(({ picture }) => ({ ...picture, altText: null }))
}

/** Whether a message was posted after someone last talked about another picture. */
function isNewer(message: Message, conversation: Conversation, userId: string): boolean {
  return (
    conversation.picture.source?.messageId !== message.id &&
    message.createdTimestamp > lastUse(conversation, userId)
  )
}

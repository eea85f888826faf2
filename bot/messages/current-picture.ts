/**
 * What a question is about that names no picture: the picture that the person talked about last, or
 * the newest one of the channel if that was posted later.
 */

import type { Message, TextBasedChannel } from 'discord.js'
import type { FoundPicture } from '../../commands/picture.ts'
import { InputError } from '../../config/errors.ts'
import { newestWithPictures } from '../discord/picture-finder.ts'
import { picturesIn } from '../discord/message-pictures.ts'
import type { Viewer } from '../discord/picture-access.ts'
import {
  type ChannelRecord,
  type Conversation,
  currentConversation,
  lastUse,
} from '../memory/conversation.ts'

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
    return { kind: 'none' }
  }
  const pictures = picturesIn(newest)
  const known = record.talks.findLast(({ picture }) => picture.source?.messageId === newest.id)
  return known && pictures.length === 1
    ? { kind: 'conversation', conversation: known, isNewest: true }
    : { kind: 'pictures', pictures }
}

/** Whether a message was posted after someone last talked about another picture. */
function isNewer(message: Message, conversation: Conversation, userId: string): boolean {
  return (
    conversation.picture.source?.messageId !== message.id &&
    message.createdTimestamp > lastUse(conversation, userId)
  )
}

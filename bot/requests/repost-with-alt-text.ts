/** `Post with alt text`: posts a person's own pictures again, with the model's descriptions. */

import { plainText, quoted } from '../../commands/answer-text.ts'
import { InputError } from '../../config/errors.ts'
import type { Conversation } from '../memory/conversation.ts'
import type { PostedFile } from '../discord/reply.ts'
import { postedName } from '../messages/shown-files.ts'
import { altTextOf } from './captions.ts'
import type { ConversationStore } from '../memory/conversation-store.ts'
import type { Place } from '../discord/place.ts'
import type { RequestOf } from './request.ts'
import type { RequestDeps, RequestContext } from './context.ts'

/** Discord's limit of a display name, in characters. */
const MAX_NAME = 32

/**
 * The conversations about an answer's pictures, which must all be the person's own.
 *
 * @throws {InputError} if none is stored, or one is about another person's picture.
 */
export async function ownConversations(
  memory: ConversationStore,
  { place, key, userId }: { readonly place: Place; readonly key: string; readonly userId: string },
): Promise<Conversation[]> {
  const answer = await memory.answer(place, key, userId)
  const conversations = await Promise.all(
    (answer?.parts ?? []).map(({ talk }) => memory.conversation(place, talk, userId)),
  )
  const existing = conversations.filter((conversation) => conversation !== undefined)
  if (existing.length === 0) {
    throw new InputError('conversation/unknown')
  }
  if (existing.some((conversation) => authorOf(conversation) !== userId)) {
    throw new InputError('permission/only-author')
  }
  return existing
}

/** Posts the pictures as the answer. It is idempotent: a retry gives one message with each picture
 * once. */
export async function repostWithAltText(
  { pictures, memory }: RequestDeps,
  { delivery, text, options }: RequestContext,
  { place, asker, answer, name, maxBytes }: RequestOf<'repost'>,
): Promise<void> {
  const files: PostedFile[] = []
  for (const conversation of await ownConversations(memory, {
    place,
    key: answer,
    userId: asker,
  })) {
    const { picture, descriptions } = conversation
    const { bytes } = await pictures.file({ ...picture, altText: null }, options.signal)
    if (bytes.length > maxBytes) {
      throw new InputError('image/too-large', { maxBytes })
    }
    const description = text.answer.altText(plainText(altTextOf(descriptions.at(-1) ?? '')))
    files.push({ name: postedName(picture), bytes, description })
  }
  await delivery.finishWith({ content: text.answer.repostedFor(quoted(name, MAX_NAME)) }, files)
}

/** The picture's author: who posted it, or who attached it to a command. */
function authorOf({ picture, by }: Conversation): string {
  return picture.source?.authorId ?? by
}

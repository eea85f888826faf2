/** `Post with alt text`: posts a person's own pictures again, with what the model said of them. */

import { escaped } from '../../commands/answer-text.ts'
import { InputError } from '../../config/errors.ts'
import type { Conversation } from '../memory/conversation.ts'
import type { PostedFile } from '../discord/reply.ts'
import { altTextOf } from './captions.ts'
import type { ConversationStore } from '../memory/conversation-store.ts'
import type { Place } from '../discord/place.ts'
import type { RequestOf } from './request.ts'
import type { RequestDeps, RequestContext } from './context.ts'

/** What Discord takes for a spoiler by its name. */
const SPOILER = 'SPOILER_'

/**
 * The conversations about an answer's pictures, if all are of the person's own.
 *
 * @throws {InputError} if none is remembered, or one shows somebody else's picture.
 */
export async function ownConversations(
  memory: ConversationStore,
  { place, key, userId }: { readonly place: Place; readonly key: string; readonly userId: string },
): Promise<Conversation[]> {
  const answer = await memory.answer(place, key, userId)
  const conversations = await Promise.all(
    (answer?.parts ?? []).map(({ talk }) => memory.conversation(place, talk, userId)),
  )
  const known = conversations.filter((conversation) => conversation !== undefined)
  if (known.length === 0) {
    throw new InputError('conversation/unknown')
  }
  if (known.some((conversation) => authorOf(conversation) !== userId)) {
    throw new InputError('permission/only-author')
  }
  return known
}

/** Posts them as the answer. Done twice, it is one message with each picture once. */
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
    const description = text.answer.altText(altTextOf(descriptions.at(-1) ?? ''))
    const spoiler = picture.spoiler && !picture.name.startsWith(SPOILER) ? SPOILER : ''
    files.push({ name: `${spoiler}${picture.name}`, bytes, description })
  }
  await delivery.finish({ content: text.answer.repostedFor(escaped(name)) }, files)
}

/** Whose picture it is: who posted it, or who gave it with a command. */
function authorOf({ picture, by }: Conversation): string {
  return picture.source?.authorId ?? by
}

/**
 * `Post with alt text`: posts a person's own pictures again, with the model's descriptions as the
 * person corrected them in a form.
 */

import { ComponentType, type ModalSubmitInteraction, TextInputStyle } from 'discord.js'
import { plainText, quoted } from '../../../commands/answer-text.ts'
import type { Catalog } from '../../../commands/i18n/words.ts'
import { InputError } from '../../../config/errors.ts'
import type { Conversation } from '../../memory/conversation.ts'
import { answerCustomId } from '../../discord/custom-id.ts'
import type { PostedFile } from '../../discord/reply.ts'
import { postedName } from '../../messages/shown-files.ts'
import { altTextWith, MAX_ALT_TEXT } from '../captions.ts'
import type { ConversationStore } from '../../memory/conversation-store.ts'
import type { Place } from '../../discord/place.ts'
import type { RequestOf } from '../request.ts'
import type { RequestDeps, RequestContext } from '../context.ts'

/** Discord's limit of a display name, in characters. */
const MAX_NAME = 32
/** Discord's limit of fields in a form. */
const MAX_FIELDS = 5

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

/**
 * The form that shows a person the text of each picture before it is posted. With more pictures than
 * a form has room for, the others keep the model's text.
 */
export function altTextForm(key: string, conversations: readonly Conversation[], text: Catalog) {
  const { modal } = text
  return {
    custom_id: answerCustomId(key, 'text'),
    title: modal.altTextTitle,
    components: conversations.slice(0, MAX_FIELDS).map((conversation, index) => {
      const value = modelText(conversation, text)
      const component = {
        type: ComponentType.TextInput,
        custom_id: fieldId(index),
        style: TextInputStyle.Paragraph,
        max_length: MAX_ALT_TEXT,
        required: true,
        ...(value !== '' && { value }),
      } as const
      const label = conversations.length === 1 ? modal.altText : modal.numbered(index + 1)
      return { type: ComponentType.Label, label, component } as const
    }),
  }
}

/** The texts of that form as it was sent. */
export function textsOf({ fields }: ModalSubmitInteraction): string[] {
  return Array.from({ length: MAX_FIELDS }, (_, index) => fieldId(index)).flatMap((id) =>
    fields.fields.has(id) ? [fields.getTextInputValue(id).trim()] : [],
  )
}

/**
 * Posts the pictures as the answer, once. It is idempotent: a retry gives one message with each
 * picture once.
 *
 * @throws {InputError} if they were posted before, or moderators judged one of them.
 */
export async function repostWithAltText(
  deps: RequestDeps,
  context: RequestContext,
  request: RequestOf<'repost'>,
): Promise<void> {
  const { memory } = deps
  const { place, asker, answer, key } = request
  const conversations = await ownConversations(memory, { place, key: answer, userId: asker })
  const claim = { by: key, ttlMs: context.ttlMs }
  if (!(await context.tracked.write(() => memory.claimRepost(place, answer, claim)))) {
    throw new InputError('answer/reposted')
  }
  try {
    await post(deps, context, request, conversations)
  } catch (error) {
    await memory.releaseRepost(place, answer, key)
    throw error
  }
}

async function post(
  { pictures, mayShow }: RequestDeps,
  { delivery, text, options }: RequestContext,
  { name, maxBytes, texts, place: { guildId } }: RequestOf<'repost'>,
  conversations: readonly Conversation[],
): Promise<void> {
  const files: PostedFile[] = []
  let isOwnText = true
  for (const [index, conversation] of conversations.entries()) {
    const { picture } = conversation
    const { bytes } = await pictures.file({ ...picture, altText: null }, options.signal)
    if (bytes.length > maxBytes) {
      throw new InputError('image/too-large', { maxBytes })
    }
    if (guildId !== null && !(await mayShow(guildId, { ...picture, altText: null }))) {
      throw new InputError('image/judged')
    }
    const suggested = modelText(conversation, text)
    const written = plainText(texts[index] ?? suggested, MAX_ALT_TEXT)
    const isUnchanged = written === suggested
    isOwnText &&= !isUnchanged
    const description = isUnchanged ? text.answer.altText(written) : written
    files.push({ name: postedName(picture), bytes, description })
  }
  const words = isOwnText ? text.answer.repostedWith : text.answer.repostedFor
  await delivery.finishWith({ content: words(quoted(name, MAX_NAME)) }, files)
}

/** The model's text for a picture, as it is posted. */
function modelText({ descriptions, quote = '' }: Conversation, text: Catalog): string {
  return plainText(altTextWith(descriptions.at(-1) ?? '', quote, text), MAX_ALT_TEXT)
}

function fieldId(index: number): string {
  return `text${index}`
}

/** The picture's author: who posted it, or who attached it to a command. */
function authorOf({ picture, by }: Conversation): string {
  return picture.source?.authorId ?? by
}

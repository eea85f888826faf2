/**
 * What a reply replies to. A reply to an answer is the next question about its picture; talk below
 * alternative text, an error or a case of moderation is not for the bot.
 *
 * The kind of one of the bot's own messages is told by its buttons, so it is known without the store.
 */

import { ComponentType, type Message, MessageReferenceType } from 'discord.js'
import { readAnswerCustomId, readCaseCustomId } from '../discord/custom-id.ts'

export type RepliedMessage =
  /** It is not a reply. A forward is none. */
  | { readonly kind: 'none' }
  /** Deleted, or the bot cannot see it. */
  | { readonly kind: 'gone' }
  | {
      /**
       * - `answer`, `alt-text`: what the bot said about pictures, asked and unasked;
       * - `notice`: the direct message to a member about a case of theirs, with a button to answer;
       * - `case`: a case in the log channel;
       * - `own`: anything else that the bot said, such as an error;
       * - `other`: somebody else's message.
       */
      readonly kind: OwnKind | 'other'
      readonly message: Message
    }

type OwnKind = 'answer' | 'alt-text' | 'notice' | 'case' | 'own'

/**
 * The message that another one replies to. Discord sends it along with a reply.
 *
 * @param fetches whether to ask Discord for a message that was not sent along.
 */
export async function repliedMessage(message: Message, fetches: boolean): Promise<RepliedMessage> {
  const { reference, channel } = message
  if (!reference?.messageId || reference.type !== MessageReferenceType.Default) {
    return { kind: 'none' }
  }
  const known = channel.messages.cache.get(reference.messageId)
  const replied = known ?? (fetches ? await message.fetchReference().catch(() => null) : null)
  if (replied === null) {
    return { kind: 'gone' }
  }
  const isOwn = replied.author.id === message.client.user.id
  return { kind: isOwn ? ownKind(replied) : 'other', message: replied }
}

/** What one of the bot's own messages is. */
export function ownKind(message: Message): OwnKind {
  const ids = buttonIds(message)
  const actions = ids.flatMap((id) => readAnswerCustomId(id)?.action ?? [])
  if (actions.length > 0) {
    // Alternative text that nobody asked for has no other wording, but can be posted
    // (answer-message.ts).
    return actions.includes('repost') && !actions.includes('again') ? 'alt-text' : 'answer'
  }
  const caseActions = ids.flatMap((id) => readCaseCustomId(id)?.action ?? [])
  if (caseActions.length > 0) {
    return caseActions.includes('appeal') ? 'notice' : 'case'
  }
  return 'own'
}

function buttonIds({ components }: Message): string[] {
  return components.flatMap((row) =>
    row.type === ComponentType.ActionRow
      ? row.components.flatMap(({ customId }) => customId ?? [])
      : [],
  )
}

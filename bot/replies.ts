/** A reply to one of the bot's answers is the next question about that picture. */

import type { Message, OmitPartialGroupDMChannel } from 'discord.js'
import { answerMessage } from '../commands/answer-text.ts'
import type { Services } from '../commands/command.ts'
import { InputError } from '../config/errors.ts'
import type { Conversations } from './conversations.ts'

/** Answers the message if it replies to a known answer; any other message is none of the bot's business. */
export async function answerReply(
  message: OmitPartialGroupDMChannel<Message>,
  { model, remember }: Services,
  conversations: Conversations,
): Promise<void> {
  const repliedTo = message.reference?.messageId
  if (message.author.bot || repliedTo === undefined) {
    return
  }
  const conversation = conversations.find(repliedTo)
  if (conversation === undefined) {
    return
  }
  const question = withoutMention(message.content, message.client.user.id)
  if (question === '') {
    throw new InputError(
      'I cannot read that reply. Reply with a question in words; if you did, this server hides replies from me.',
    )
  }
  await message.channel.sendTyping()
  const { image, turns } = conversation
  const { text } = await model.ask(image, question, { history: turns })
  const answer = await message.reply(answerMessage(text))
  remember(answer.id, { image, turns: [...turns, { question, answer: text }] })
}

function withoutMention(content: string, botId: string): string {
  return content.replaceAll(new RegExp(`<@!?${botId}>`, 'g'), '').trim()
}

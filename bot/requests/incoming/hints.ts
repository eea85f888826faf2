/** Tells people how to ask, where their message asks nothing. */

import { InputError } from '../../../config/errors.ts'
import { GatewayIntentBits, type Message } from 'discord.js'
import { recentMessages } from '../../discord/picture-finder.ts'
import type { UserStore } from '../../memory/user-store.ts'
import { ownKind } from '../../messages/replied-message.ts'
import type { IncomingMessage } from './incoming-message.ts'

/** Once for each person and channel: a server may hide the text of every reply. */
export async function explainHowToAsk(
  users: UserStore,
  { message, place }: IncomingMessage,
): Promise<void> {
  const isFirstTime = await users.claimHint(place, message.author.id, message.id)
  if (isFirstTime) {
    const { intents } = message.client.options
    const mayBeHidden =
      message.guildId !== null &&
      message.content === '' &&
      !intents.has(GatewayIntentBits.MessageContent)
    throw new InputError(mayBeHidden ? 'reply/unreadable' : 'reply/empty')
  }
}

/** Points a member who answers the moderators in words to the button below their notice. */
export async function explainNotice({ channel, client }: Message): Promise<void> {
  const messages = await recentMessages(channel)
  const last = messages.find(({ author }) => author.id === client.user.id)
  if (last && ownKind(last) === 'notice') {
    throw new InputError('reply/notice')
  }
}

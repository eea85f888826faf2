/** A message that the bot may answer, with what is known about it. */

import type { Message } from 'discord.js'
import type { GuildSettings } from '../../../commands/guild-settings.ts'
import type { Place } from '../../discord/place.ts'
import type { RepliedMessage } from '../../messages/replied-message.ts'

/** A message with its settings and locale. */
export type IncomingMessage = {
  readonly message: Message
  readonly place: Place
  readonly settings: GuildSettings
  readonly locale: string
  /** What it says to the bot, without mentions of it. */
  readonly question: string
  readonly replied: RepliedMessage
}

/** What every command file exports, and what the bot hands it. */

import type {
  ChatInputCommandInteraction,
  RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord.js'
import type { ImageTokens, Model, Turn } from '../inference/types.ts'

/** A picture on Discord: where its bytes are, and how many Discord says there are. */
export type PictureLink = { readonly url: string; readonly size: number }

/** What has been said about a picture up to an answer. */
export type Conversation = {
  readonly image: ImageTokens
  /** Oldest first. */
  readonly turns: readonly Turn[]
}

/** Built once in bot/main.ts. Commands take what they need from here, never from a global. */
export type Services = {
  readonly model: Model
  /** Downloads a picture. @throws {InputError} if it is too large or no longer there. */
  readonly fetchPicture: (link: PictureLink) => Promise<Uint8Array>
  /** Keeps a conversation under the id of the message that replies to it will name. */
  readonly remember: (messageId: string, conversation: Conversation) => void
}

export type Command = {
  /** What Discord is told about the command. */
  readonly data: RESTPostAPIChatInputApplicationCommandsJSONBody
  /** Answers one use. Throws InputError to tell the user; anything else is logged as a bug. */
  execute(interaction: ChatInputCommandInteraction, services: Services): Promise<void>
}

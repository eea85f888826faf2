/**
 * Runs what people ask for. The one place where errors end.
 *
 * An InputError is shown as it is. Anything else is a bug: it is logged with a short id, and the
 * person is shown the id.
 */

import { randomBytes } from 'node:crypto'
import {
  type ChatInputCommandInteraction,
  type Client,
  Events,
  type Message,
  MessageFlags,
  type OmitPartialGroupDMChannel,
} from 'discord.js'
import type { Logger } from 'pino'
import { answerMessage } from '../commands/answer-text.ts'
import type { Services } from '../commands/command.ts'
import { COMMANDS } from '../commands/index.ts'
import { InputError } from '../config/errors.ts'
import type { Conversations } from './conversations.ts'
import { answerReply } from './replies.ts'

export type Dispatch = {
  readonly services: Services
  readonly conversations: Conversations
  readonly log: Logger
}

/** Listens to the client's events until it is destroyed. */
export function dispatch(client: Client, parts: Dispatch): void {
  client.on(Events.InteractionCreate, (interaction) => {
    if (interaction.isChatInputCommand()) {
      void runCommand(interaction, parts)
    }
  })
  client.on(Events.MessageCreate, (message) => void runReply(message, parts))
  client.on(Events.MessageDelete, ({ id }) => parts.conversations.forget(id))
  client.on(Events.Error, (error) => parts.log.error({ err: error }, 'discord client'))
}

async function runCommand(interaction: ChatInputCommandInteraction, parts: Dispatch) {
  try {
    const command = COMMANDS.find(({ data }) => data.name === interaction.commandName)
    if (command === undefined) {
      throw new InputError('I do not know that command (any more).')
    }
    await command.execute(interaction, parts.services)
  } catch (error) {
    await tell(parts.log, sentenceFor(error, parts.log), (sentence) =>
      interaction.deferred || interaction.replied
        ? interaction.editReply(answerMessage(sentence))
        : interaction.reply({ ...answerMessage(sentence), flags: MessageFlags.Ephemeral }),
    )
  }
}

async function runReply(message: OmitPartialGroupDMChannel<Message>, parts: Dispatch) {
  try {
    await answerReply(message, parts.services, parts.conversations)
  } catch (error) {
    await tell(parts.log, sentenceFor(error, parts.log), (sentence) =>
      message.reply(answerMessage(sentence)),
    )
  }
}

/** What the person is told; logs what is not theirs to mend. */
function sentenceFor(error: unknown, log: Logger): string {
  if (error instanceof InputError) {
    return error.message
  }
  const id = randomBytes(4).toString('hex')
  log.error({ err: error, id }, 'a request failed')
  return `Something went wrong on my side. If it happens again, tell the owner this id: ${id}`
}

/** Shows the sentence; where even that fails (the token expired, say), it is only logged. */
async function tell(
  log: Logger,
  sentence: string,
  send: (sentence: string) => Promise<unknown>,
): Promise<void> {
  try {
    await send(sentence)
  } catch (error) {
    log.warn({ err: error }, 'could not tell the person')
  }
}

/**
 * Waits for the previews of links. Discord sends a message at once and adds the previews of its
 * links by an update, a few hundred milliseconds to some seconds later, or never.
 */

import { GatewayIntentBits, type Message, type PartialMessage } from 'discord.js'
import { subjectOf } from './message-subject.ts'

/** The longest time that a message waits for previews. */
const LIMIT_MS = 4000

export class LinkPreviews {
  readonly #limitMs: number
  /** By message id. */
  readonly #waiting = new Map<string, (message: Message) => void>()

  constructor(limitMs: number = LIMIT_MS) {
    this.#limitMs = limitMs
  }

  /** A message was updated. */
  async onUpdate(message: Message | PartialMessage): Promise<void> {
    if (this.#waiting.has(message.id)) {
      const whole = message.partial ? await message.fetch() : message
      this.#waiting.get(whole.id)?.(whole)
    }
  }

  /**
   * The message once no preview is missing, or as it is when the time is over.
   *
   * @param onWait called if it has to wait.
   */
  async settled(message: Message, onWait?: () => void): Promise<Message> {
    if (subjectOf(message).kind !== 'preview') {
      return message
    }
    onWait?.()
    return new Promise((resolve, reject) => {
      let newest = message
      const end = () => {
        clearTimeout(timer)
        this.#waiting.delete(message.id)
        resolve(newest)
      }
      const late = async () => {
        // Without the intent the update has no embeds, but the message itself has.
        // Source: github.com/discord/discord-api-docs, issue 5406.
        if (!seesContent(message)) {
          newest = await message.fetch().catch(() => newest)
        }
        end()
      }
      const timer = setTimeout(() => {
        late().catch(reject)
      }, this.#limitMs).unref()
      this.#waiting.set(message.id, (updated) => {
        newest = updated
        if (subjectOf(updated).kind !== 'preview') {
          end()
        }
      })
    })
  }
}

function seesContent({ client }: Message): boolean {
  return client.options.intents.has(GatewayIntentBits.MessageContent)
}

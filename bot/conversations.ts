/**
 * The conversations about pictures, each kept under the id of the bot's message that ends it.
 *
 * Replying to an older answer goes on from there, so every answer keeps the turns up to itself.
 */

import type { Conversation } from '../commands/command.ts'

/** As many answers as are remembered; a picture of OPT-2.7b takes 328 KB. */
const MAX_ANSWERS = 256
const LIFETIME_MS = 24 * 60 * 60 * 1000

type Kept = { readonly conversation: Conversation; readonly until: number }

export class Conversations {
  readonly #kept = new Map<string, Kept>()
  readonly #now: () => number

  /** @param now milliseconds since the epoch; tests move it. */
  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Keeps a conversation; the one longest unused goes when there are too many. */
  remember(messageId: string, conversation: Conversation): void {
    this.#kept.delete(messageId)
    this.#kept.set(messageId, { conversation, until: this.#now() + LIFETIME_MS })
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_ANSWERS) {
        break
      }
      this.#kept.delete(oldest)
    }
  }

  /** The conversation that this message ends, if it is still known. */
  find(messageId: string): Conversation | undefined {
    const kept = this.#kept.get(messageId)
    if (kept === undefined || kept.until < this.#now()) {
      this.#kept.delete(messageId)
      return undefined
    }
    this.remember(messageId, kept.conversation)
    return kept.conversation
  }

  /** Forgets what ended with this message. */
  forget(messageId: string): void {
    this.#kept.delete(messageId)
  }
}

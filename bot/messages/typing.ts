/**
 * Shows typing in channels: one request for each channel every few seconds, however many answers are
 * on their way there. Discord allows five in five seconds, so nothing waits for one.
 */

import { type REST, Routes } from 'discord.js'

/** Discord shows typing for ten seconds. */
const INTERVAL_MS = 8_000

type Shown = { users: number; readonly timer: NodeJS.Timeout }

export class Typing {
  readonly #rest: Pick<REST, 'post'>
  readonly #channels = new Map<string, Shown>()

  constructor(rest: Pick<REST, 'post'>) {
    this.#rest = rest
  }

  /** Shows typing. @returns ends it for this caller; called again, it has no effect. */
  show(channelId: string): () => void {
    const shown = this.#channels.get(channelId) ?? this.#start(channelId)
    shown.users += 1
    let isShown = true
    return () => {
      shown.users -= Number(isShown)
      isShown = false
      if (shown.users === 0) {
        clearInterval(shown.timer)
        this.#channels.delete(channelId)
      }
    }
  }

  #start(channelId: string): Shown {
    const post = () => {
      this.#rest.post(Routes.channelTyping(channelId)).catch(() => {}) // the answer will report it
    }
    post()
    const shown = { users: 0, timer: setInterval(post, INTERVAL_MS).unref() }
    this.#channels.set(channelId, shown)
    return shown
  }
}

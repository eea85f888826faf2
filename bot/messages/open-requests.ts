/**
 * The share of each member: how many messages of one person are being answered at once. Answers to
 * messages share the channel's rate limit, so one member's flood would make the next one wait for
 * minutes. Commands and buttons need no share: Discord answers each by its own webhook, and the model
 * serves members in turns.
 */

import { InputError } from '../../config/errors.ts'

/** Messages of one person that ask the bot. */
const MAX_ASKED = 2
/** Messages of one person that the bot answers by itself; more are not described. */
const MAX_AUTOMATIC = 10

type Open = { count: number; isTold: boolean }

export class OpenRequests {
  readonly #open = new Map<string, Open>()

  /**
   * Takes a place for a message.
   *
   * @returns gives the place back; null if the person has none left and was told already, or nobody
   *   asked.
   * @throws {InputError} the first time that a person who asks has none left.
   */
  begin(userId: string, asked: boolean): (() => void) | null {
    const key = `${asked ? 'asked' : 'automatic'}/${userId}`
    const most = asked ? MAX_ASKED : MAX_AUTOMATIC
    const open = this.#open.get(key) ?? { count: 0, isTold: false }
    if (open.count >= most) {
      if (asked && !open.isTold) {
        open.isTold = true
        throw new InputError('request/enough-open', { most })
      }
      return null
    }
    open.count += 1
    this.#open.set(key, open)
    return () => {
      open.count -= 1
      if (open.count === 0) {
        this.#open.delete(key)
      }
    }
  }
}

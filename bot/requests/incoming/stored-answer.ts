/** Finds the answer that someone replies to, also when they reply at once. */

import { setTimeout as wait } from 'node:timers/promises'
import type { Place } from '../../discord/place.ts'
import type { ConversationStore } from '../../memory/conversation-store.ts'

/**
 * An answer is stored just after it is sent, so a quick reply can arrive before its record, above
 * all in a second process. Delays before the record is read again, in milliseconds.
 */
const RETRY_DELAYS_MS = [100, 300, 600, 1000] as const

/** The answer that a message of the bot gives; undefined if none is stored. */
export async function findAnswer(memory: ConversationStore, place: Place, messageId: string) {
  let answer = await memory.answerByMessage(place, messageId, null)
  for (const ms of RETRY_DELAYS_MS) {
    if (answer) {
      break
    }
    await wait(ms)
    answer = await memory.answerByMessage(place, messageId, null)
  }
  return answer
}

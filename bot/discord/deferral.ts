/**
 * When the first response to an interaction is sent: after the request is stored, so that a process
 * that ends between the two leaves no "thinking" that is never resumed.
 */

import { MessageFlags, type RepliableInteraction } from 'discord.js'
import { errorCode, ERROR_CODES } from './api-errors.ts'

/** An interaction expires after 3 s without a response, so a slow store is not awaited for longer. */
const DEFER_AFTER_MS = 1500

/** Sends the first response; the request must be stored by then. */
export type Acknowledge = () => Promise<void>

/**
 * Runs the work, which acknowledges once its request is stored. If that takes too long, the
 * acknowledgment is sent without waiting.
 *
 * @param send the first response; called once at most.
 * @param atLatestMs it is sent after this time in any case. Default 1.5 s.
 * @throws what `work` throws; a first response in flight has arrived by then.
 */
export async function withDeferral(
  send: () => Promise<unknown>,
  work: (acknowledge: Acknowledge) => Promise<void>,
  atLatestMs: number = DEFER_AFTER_MS,
): Promise<void> {
  let sent: Promise<unknown> | undefined
  const acknowledge = async () => {
    await (sent ??= send())
  }
  const timer = setTimeout(() => {
    acknowledge().catch(() => {}) // the work gets this error when it acknowledges
  }, atLatestMs)
  try {
    await work(acknowledge)
  } finally {
    clearTimeout(timer)
    await sent?.catch(() => {})
  }
}

/**
 * Answers with a new message, which `work` asks for; the person sees the bot thinking meanwhile.
 *
 * @param hidden whether only the person sees the message; called when the first response is sent.
 */
export function withDeferredReply(
  interaction: RepliableInteraction,
  hidden: boolean | (() => boolean),
  work: (acknowledge: Acknowledge) => Promise<void>,
): Promise<void> {
  return withDeferral(
    () => defer(interaction, typeof hidden === 'boolean' ? hidden : hidden()),
    work,
  )
}

/**
 * Defers the reply. If Discord's response was lost, the request is sent again and gets "already
 * acknowledged". While the message still has the flag Loading, no other process has answered, so
 * this one does.
 */
async function defer(interaction: RepliableInteraction, hidden: boolean): Promise<void> {
  try {
    await interaction.deferReply(hidden ? { flags: MessageFlags.Ephemeral } : {})
  } catch (error) {
    if (errorCode(error) !== ERROR_CODES.alreadyAcknowledged) {
      throw error
    }
    const reply = await interaction.fetchReply()
    if (!reply.flags.has(MessageFlags.Loading)) {
      throw error
    }
    interaction.deferred = true
  }
}

/**
 * Discord's refusals that are no bugs of ours, and what to do about each.
 *
 * Source: developers/topics/opcodes-and-status-codes.mdx, JSON error codes.
 */

import { DiscordAPIError } from 'discord.js'
import { DeletedError } from '../memory/deletions.ts'

export const PLATFORM = {
  unknownChannel: 10003,
  unknownMessage: 10008,
  unknownWebhook: 10015,
  unknownInteraction: 10062,
  tooManyOldEdits: 30046,
  alreadyAcknowledged: 40060,
  missingAccess: 50001,
  missingPermissions: 50013,
  invalidToken: 50027,
  invalidBody: 50035,
  noReplyWithoutHistory: 160002,
} as const

/** The JSON error code of a refusal; undefined for any other error. */
export function codeOf(error: unknown): number | string | undefined {
  return error instanceof DiscordAPIError ? error.code : undefined
}

/**
 * What a refusal means for the request it ended:
 * - `gone`: nobody waits any more (the token died, the message was deleted), so nothing is said;
 * - `taken`: another process or an earlier try answers it;
 * - `forbidden`: the bot may not do that here, which the person can be told;
 * - `bug`: ours.
 */
export type Meaning = 'gone' | 'taken' | 'forbidden' | 'bug'

export function meaningOf(error: unknown): Meaning {
  if (error instanceof DeletedError) {
    return 'gone'
  }
  switch (codeOf(error)) {
    case PLATFORM.unknownInteraction:
    case PLATFORM.unknownWebhook:
    case PLATFORM.invalidToken:
    case PLATFORM.unknownMessage:
    case PLATFORM.unknownChannel:
      return 'gone'
    case PLATFORM.alreadyAcknowledged:
      return 'taken'
    case PLATFORM.missingAccess:
    case PLATFORM.missingPermissions:
      return 'forbidden'
    default:
      return isUnknownReference(error) ? 'gone' : 'bug'
  }
}

/** Whether an answer was refused because its message, the one it replies to or the channel is gone. */
export function isDeleted(error: unknown): boolean {
  const code = codeOf(error)
  return (
    code === PLATFORM.unknownMessage ||
    code === PLATFORM.unknownChannel ||
    isUnknownReference(error)
  )
}

/** A reply to a message deleted meanwhile is refused as an invalid form that names the reference. */
function isUnknownReference(error: unknown): boolean {
  return codeOf(error) === PLATFORM.invalidBody && /message_reference/.test(String(error))
}

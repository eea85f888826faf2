/**
 * Errors of Discord's API that are not bugs of the bot, and how each is handled.
 *
 * Source: developers/topics/opcodes-and-status-codes.mdx, JSON error codes.
 */

import { DiscordAPIError } from 'discord.js'
import { DeletedError } from '../memory/deletions.ts'

export const ERROR_CODES = {
  unknownChannel: 10003,
  unknownGuild: 10004,
  unknownMessage: 10008,
  unknownUser: 10013,
  unknownWebhook: 10015,
  unknownInteraction: 10062,
  tooManyOldEdits: 30046,
  sendingDisabled: 40004,
  requestTooLarge: 40005,
  alreadyAcknowledged: 40060,
  missingAccess: 50001,
  cannotMessageUser: 50007,
  notATextChannel: 50008,
  verificationLevel: 50009,
  missingPermissions: 50013,
  invalidToken: 50027,
  invalidBody: 50035,
  threadArchived: 50083,
  noMutualGuild: 50278,
  noReplyWithoutHistory: 160002,
  threadLocked: 160005,
  blockedByAutoMod: 200000,
  titleBlockedByAutoMod: 200001,
  blockedLinks: 240000,
} as const

/** The JSON error code of an API error; undefined for any other error. */
export function errorCode(error: unknown): number | string | undefined {
  return error instanceof DiscordAPIError ? error.code : undefined
}

/**
 * What an API error means for the request that it ended:
 * - `gone`: nobody waits any more (the token expired, the message was deleted), so nothing is sent;
 * - `taken`: another process or an earlier attempt answers it;
 * - `forbidden`: the bot lacks a permission here, and the person can be told;
 * - `closed`: nothing can be posted there, so the person cannot be told either: the thread was
 *   locked or archived, the person blocked the bot, a filter of the server took the message;
 * - `bug`: a bug of the bot.
 */
export type ErrorKind = 'gone' | 'taken' | 'forbidden' | 'closed' | 'bug'

export function errorKind(error: unknown): ErrorKind {
  if (error instanceof DeletedError) {
    return 'gone'
  }
  switch (errorCode(error)) {
    case ERROR_CODES.unknownInteraction:
    case ERROR_CODES.unknownWebhook:
    case ERROR_CODES.invalidToken:
    case ERROR_CODES.unknownMessage:
    case ERROR_CODES.unknownChannel:
    case ERROR_CODES.unknownGuild:
    case ERROR_CODES.unknownUser:
      return 'gone'
    case ERROR_CODES.alreadyAcknowledged:
      return 'taken'
    case ERROR_CODES.missingAccess:
    case ERROR_CODES.missingPermissions:
      return 'forbidden'
    case ERROR_CODES.sendingDisabled:
    case ERROR_CODES.cannotMessageUser:
    case ERROR_CODES.notATextChannel:
    case ERROR_CODES.verificationLevel:
    case ERROR_CODES.threadArchived:
    case ERROR_CODES.noMutualGuild:
    case ERROR_CODES.threadLocked:
    case ERROR_CODES.blockedByAutoMod:
    case ERROR_CODES.titleBlockedByAutoMod:
    case ERROR_CODES.blockedLinks:
      return 'closed'
    default:
      return isUnknownReference(error) ? 'gone' : 'bug'
  }
}

/** Whether an answer was refused because its message, the one it replies to or the channel is gone. */
export function isDeleted(error: unknown): boolean {
  const code = errorCode(error)
  return (
    code === ERROR_CODES.unknownMessage ||
    code === ERROR_CODES.unknownChannel ||
    isUnknownReference(error)
  )
}

/** Discord rejects a reply to a deleted message as an invalid form body that names the reference. */
function isUnknownReference(error: unknown): boolean {
  return errorCode(error) === ERROR_CODES.invalidBody && /message_reference/.test(String(error))
}

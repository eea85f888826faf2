/** The API's errors: Discord's codes, messages and field paths. */

/** An error response; its body is `{message, code, errors?}` as Discord sends it. */
export class ApiError extends Error {
  override name = 'ApiError' as const
  readonly status: number
  readonly code: number
  readonly errors: object | undefined
  /** For a 429: the time until a retry, in milliseconds. */
  readonly waitMs: number | undefined

  constructor(status: number, code: number, message: string, errors?: object, waitMs?: number) {
    super(message)
    this.status = status
    this.code = code
    this.errors = errors
    this.waitMs = waitMs
  }

  /** The body of the response. */
  body(): object {
    return {
      message: this.message,
      code: this.code,
      ...(this.errors === undefined ? {} : { errors: this.errors }),
      ...(this.waitMs === undefined ? {} : { retry_after: this.waitMs / 1000, global: false }),
    }
  }
}

/** Source: topics/opcodes-and-status-codes.mdx, "JSON Error Codes". */
const REFUSALS = {
  unauthorized: [401, 0, '401: Unauthorized'],
  notFound: [404, 0, '404: Not Found'],
  methodNotAllowed: [405, 0, '405: Method Not Allowed'],
  unknownApplication: [404, 10002, 'Unknown Application'],
  unknownChannel: [404, 10003, 'Unknown Channel'],
  unknownGuild: [404, 10004, 'Unknown Guild'],
  unknownMember: [404, 10007, 'Unknown Member'],
  cannotReplyUnread: [403, 160002, 'Cannot reply without permission to read message history'],
  cannotForwardUnread: [400, 160014, 'You cannot forward a message whose content you cannot read'],
  // Not a 429, which a client would retry without end; bots report this one as an error.
  tooManyEdits: [
    400,
    30046,
    'Maximum number of edits to messages older than 1 hour reached. Try again later',
  ],
  unknownMessage: [404, 10008, 'Unknown Message'],
  unknownOverwrite: [404, 10009, 'Unknown Permission Overwrite'],
  unknownRole: [404, 10011, 'Unknown Role'],
  unknownUser: [404, 10013, 'Unknown User'],
  unknownEmoji: [400, 10014, 'Unknown Emoji'],
  unknownWebhook: [404, 10015, 'Unknown Webhook'],
  unknownBan: [404, 10026, 'Unknown Ban'],
  unknownSticker: [404, 10060, 'Unknown sticker'],
  unknownInteraction: [404, 10062, 'Unknown interaction'],
  unknownCommand: [404, 10063, 'Unknown application command'],
  tooManyPins: [400, 30003, 'Maximum number of pins reached (250)'],
  tooManyRoles: [400, 30005, 'Maximum number of server roles reached (250)'],
  tooManyWebhooks: [400, 30007, 'Maximum number of webhooks reached (15)'],
  tooManyReactions: [400, 30010, 'Maximum number of reactions reached (20)'],
  tooManyChannels: [400, 30013, 'Maximum number of server channels reached (500)'],
  tooManyThreadMembers: [400, 30033, 'Maximum number of thread participants reached (1000)'],
  unknownCommandPermissions: [404, 10066, 'Unknown application command permissions'],
  tooManyCommands: [400, 30032, 'Maximum number of application commands reached'],
  commandExists: [400, 40041, 'An application command with that name already exists'],
  entityTooLarge: [413, 40005, 'Request entity too large. Try sending something smaller in size'],
  alreadyAcknowledged: [400, 40060, 'Interaction has already been acknowledged.'],
  tooManyFollowUps: [
    400,
    40094,
    'This interaction has hit the maximum number of follow up messages',
  ],
  missingAccess: [403, 50001, 'Missing Access'],
  notInDirectMessages: [400, 50003, 'Cannot execute action on a DM channel'],
  cannotMessageUser: [403, 50007, 'Cannot send messages to this user'],
  notYourMessage: [403, 50005, 'Cannot edit a message authored by another user'],
  emptyMessage: [400, 50006, 'Cannot send an empty message'],
  missingPermissions: [403, 50013, 'Missing Permissions'],
  tooFewToDelete: [
    400,
    50016,
    'Provided too few or too many messages to delete. Must provide at least 2 and fewer than 100 messages to delete.',
  ],
  notInItsChannel: [400, 50019, 'A message can only be pinned to the channel it was sent in'],
  systemMessage: [403, 50021, 'Cannot execute action on a system message'],
  wrongChannelType: [400, 50024, 'Cannot execute action on this channel type'],
  invalidRole: [400, 50028, 'Invalid Role'],
  invalidRecipients: [400, 50033, 'Invalid Recipient(s)'],
  tooOldToDelete: [400, 50034, 'A message provided was too old to bulk delete'],
  archivedThread: [400, 50083, 'Thread is archived'],
  invalidToken: [401, 50027, 'Invalid Webhook Token'],
  invalidJson: [400, 50109, 'The request body contains invalid JSON.'],
  voiceWithContent: [400, 50159, 'Voice messages do not support additional content.'],
  voiceWithoutAudio: [400, 50160, 'Voice messages must have a single audio attachment.'],
  voiceWithoutMetadata: [400, 50161, 'Voice messages must have supporting metadata.'],
  voiceEdited: [400, 50162, 'Voice messages cannot be edited.'],
  voiceNotAllowed: [400, 50173, 'You cannot send voice messages in this channel.'],
  noMutualGuild: [403, 50278, 'Cannot send messages to this user due to having no mutual guilds'],
  reactionBlocked: [403, 90001, 'Reaction blocked'],
  threadExists: [400, 160004, 'A thread has already been created for this message'],
  lockedThread: [400, 160005, 'Thread is locked'],
} as const

/** The error for sending again too soon in slow mode. */
export function refuseSlowmode(waitMs: number): ApiError {
  const message = 'This action cannot be performed due to slowmode rate limit'
  return new ApiError(429, 20016, message, undefined, waitMs)
}

/** The error of that name. */
export function refuse(name: keyof typeof REFUSALS): ApiError {
  const [status, code, message] = REFUSALS[name]
  return new ApiError(status, code, message)
}

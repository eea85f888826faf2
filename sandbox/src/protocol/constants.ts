/**
 * The numbers of Discord's protocol that the sandbox speaks.
 *
 * Defined here and not imported from discord.js, so that the server does not depend on the client
 * under test. Source: discord-api-docs c98d64b, topics/ and resources/.
 */

/** Gateway opcodes. */
export const OPCODE = {
  dispatch: 0,
  heartbeat: 1,
  identify: 2,
  presenceUpdate: 3,
  voiceStateUpdate: 4,
  resume: 6,
  reconnect: 7,
  requestGuildMembers: 8,
  invalidSession: 9,
  hello: 10,
  heartbeatAck: 11,
  requestSoundboardSounds: 31,
  requestChannelInfo: 43,
} as const

/** Gateway close codes. */
export const CLOSE = {
  unknownError: 4000,
  unknownOpcode: 4001,
  decodeError: 4002,
  notAuthenticated: 4003,
  authenticationFailed: 4004,
  alreadyAuthenticated: 4005,
  invalidSequence: 4007,
  rateLimited: 4008,
  sessionTimedOut: 4009,
  invalidShard: 4010,
  shardingRequired: 4011,
  invalidVersion: 4012,
  invalidIntents: 4013,
  disallowedIntents: 4014,
} as const

/** Gateway intents. */
export const INTENT = {
  guilds: 1 << 0,
  guildMembers: 1 << 1,
  guildModeration: 1 << 2,
  guildExpressions: 1 << 3,
  guildIntegrations: 1 << 4,
  guildWebhooks: 1 << 5,
  guildInvites: 1 << 6,
  guildVoiceStates: 1 << 7,
  guildPresences: 1 << 8,
  guildMessages: 1 << 9,
  guildMessageReactions: 1 << 10,
  guildMessageTyping: 1 << 11,
  directMessages: 1 << 12,
  directMessageReactions: 1 << 13,
  directMessageTyping: 1 << 14,
  messageContent: 1 << 15,
  guildScheduledEvents: 1 << 16,
  autoModerationConfiguration: 1 << 20,
  autoModerationExecution: 1 << 21,
  guildMessagePolls: 1 << 24,
  directMessagePolls: 1 << 25,
} as const

/** Every bit that names an intent. */
export const ALL_INTENTS = 0b11_0011_0001_1111_1111_1111_1111

/** Message flags. */
export const MESSAGE_FLAG = {
  crossposted: 1 << 0,
  isCrosspost: 1 << 1,
  suppressEmbeds: 1 << 2,
  hasThread: 1 << 5,
  ephemeral: 1 << 6,
  loading: 1 << 7,
  suppressNotifications: 1 << 12,
  voiceMessage: 1 << 13,
  hasSnapshot: 1 << 14,
  componentsV2: 1 << 15,
} as const

/** Application flags of the privileged intents: granted in full, and granted to a small app. */
export const APPLICATION_FLAG = {
  presenceLimited: 1 << 13,
  guildMembersLimited: 1 << 15,
  messageContent: 1 << 18,
  messageContentLimited: 1 << 19,
} as const

/** Message types. */
export const MESSAGE_TYPE = {
  default: 0,
  pinned: 6,
  threadCreated: 18,
  reply: 19,
  chatInputCommand: 20,
  threadStarter: 21,
  contextMenuCommand: 23,
} as const

/** Channel types. */
export const CHANNEL_TYPE = {
  guildText: 0,
  dm: 1,
  guildVoice: 2,
  groupDm: 3,
  guildCategory: 4,
  guildAnnouncement: 5,
  announcementThread: 10,
  publicThread: 11,
  privateThread: 12,
} as const

/** Whether a channel of this type is a thread. */
export function isThread(type: number): boolean {
  return type >= CHANNEL_TYPE.announcementThread && type <= CHANNEL_TYPE.privateThread
}

/** Interaction types. */
export const INTERACTION_TYPE = { command: 2, component: 3, autocomplete: 4, modal: 5 } as const

/** Interaction callback types. */
export const CALLBACK_TYPE = {
  pong: 1,
  message: 4,
  deferredMessage: 5,
  deferredUpdate: 6,
  update: 7,
  autocomplete: 8,
  modal: 9,
} as const

/** Application command types. */
export const COMMAND_TYPE = { slash: 1, user: 2, message: 3 } as const

/** Application command option types that carry no further options. */
export const OPTION_TYPE = {
  subcommand: 1,
  subcommandGroup: 2,
  string: 3,
  integer: 4,
  boolean: 5,
  user: 6,
  channel: 7,
  role: 8,
  mentionable: 9,
  number: 10,
  attachment: 11,
} as const

/** Longest text of a message, in Unicode code points. */
export const MAX_CONTENT = 2000

/** The same with Nitro. */
export const MAX_NITRO_CONTENT = 4000

/** Largest uploaded file without boosts, in bytes. */
export const MAX_FILE_BYTES = 10 * 1024 * 1024

/** Most files of one message. */
export const MAX_FILES = 10

/** How long an interaction waits for its first response, in milliseconds. */
export const FIRST_RESPONSE_MS = 3000

/** How long an interaction's token lives, in milliseconds. */
export const TOKEN_LIFE_MS = 15 * 60 * 1000

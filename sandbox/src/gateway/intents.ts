/**
 * Which intents an application may request, and which intent each event requires.
 *
 * Source: events/gateway.mdx, "Gateway Intents". An event that is not listed requires none.
 */

import { ALL_INTENTS, CLOSE, INTENT } from '../protocol/constants.ts'

/** The privileged intents that the developer portal grants. */
export type Privileges = {
  readonly messageContent: boolean
  readonly guildMembers: boolean
  readonly guildPresences: boolean
}

/** The close code and reason with which the gateway ends a connection. */
export type Refusal = { readonly code: number; readonly reason: string }

/** By event: the intent in a guild and the one in direct messages; 0 requires none. */
type RequiredIntents = readonly [guild: number, direct: number]

const REQUIRED_INTENTS: ReadonlyMap<string, RequiredIntents> = new Map([
  ...inGuilds(INTENT.guilds, 'GUILD', ['CREATE', 'UPDATE', 'DELETE']),
  ...inGuilds(INTENT.guilds, 'GUILD_ROLE', ['CREATE', 'UPDATE', 'DELETE']),
  ...inGuilds(INTENT.guilds, 'CHANNEL', ['CREATE', 'UPDATE', 'DELETE']),
  ...inGuilds(INTENT.guilds, 'THREAD', ['CREATE', 'UPDATE', 'DELETE', 'LIST_SYNC']),
  ...inGuilds(INTENT.guilds, 'THREAD', ['MEMBER_UPDATE', 'MEMBERS_UPDATE']),
  ...inGuilds(INTENT.guilds, 'STAGE_INSTANCE', ['CREATE', 'UPDATE', 'DELETE']),
  ...inGuilds(INTENT.guilds, 'VOICE_CHANNEL', ['STATUS_UPDATE', 'START_TIME_UPDATE']),
  ...inGuilds(INTENT.guildMembers, 'GUILD_MEMBER', ['ADD', 'UPDATE', 'REMOVE']),
  ...inGuilds(INTENT.guildModeration, 'GUILD_BAN', ['ADD', 'REMOVE']),
  ...inGuilds(INTENT.guildModeration, 'GUILD_AUDIT_LOG_ENTRY', ['CREATE']),
  ...inGuilds(INTENT.guildExpressions, 'GUILD', ['EMOJIS_UPDATE', 'STICKERS_UPDATE']),
  ...inGuilds(INTENT.guildIntegrations, 'INTEGRATION', ['CREATE', 'UPDATE', 'DELETE']),
  ...inGuilds(INTENT.guildIntegrations, 'GUILD_INTEGRATIONS', ['UPDATE']),
  ...inGuilds(INTENT.guildWebhooks, 'WEBHOOKS', ['UPDATE']),
  ...inGuilds(INTENT.guildInvites, 'INVITE', ['CREATE', 'DELETE']),
  ...inGuilds(INTENT.guildVoiceStates, 'VOICE', ['STATE_UPDATE', 'CHANNEL_EFFECT_SEND']),
  ...inGuilds(INTENT.guildPresences, 'PRESENCE', ['UPDATE']),
  ...inGuilds(INTENT.guildMessages, 'MESSAGE', ['DELETE_BULK']),
  ...inGuilds(INTENT.guildScheduledEvents, 'GUILD_SCHEDULED_EVENT', [
    'CREATE',
    'UPDATE',
    'DELETE',
    'USER_ADD',
    'USER_REMOVE',
  ]),
  ...inGuilds(INTENT.autoModerationConfiguration, 'AUTO_MODERATION_RULE', [
    'CREATE',
    'UPDATE',
    'DELETE',
  ]),
  ...inGuilds(INTENT.autoModerationExecution, 'AUTO_MODERATION_ACTION', ['EXECUTION']),
  ...both(INTENT.guildMessages, INTENT.directMessages, 'MESSAGE', ['CREATE', 'UPDATE', 'DELETE']),
  ...both(INTENT.guilds, INTENT.directMessages, 'CHANNEL_PINS', ['UPDATE']),
  ...both(INTENT.guildMessageReactions, INTENT.directMessageReactions, 'MESSAGE_REACTION', [
    'ADD',
    'REMOVE',
    'REMOVE_ALL',
    'REMOVE_EMOJI',
  ]),
  ...both(INTENT.guildMessageTyping, INTENT.directMessageTyping, 'TYPING', ['START']),
  ...both(INTENT.guildMessagePolls, INTENT.directMessagePolls, 'MESSAGE_POLL_VOTE', [
    'ADD',
    'REMOVE',
  ]),
])

function inGuilds(intent: number, prefix: string, suffixes: readonly string[]) {
  return both(intent, 0, prefix, suffixes)
}

function both(guild: number, direct: number, prefix: string, suffixes: readonly string[]) {
  return suffixes.map((suffix): [string, RequiredIntents] => [
    `${prefix}_${suffix}`,
    [guild, direct],
  ])
}

/** Whether a session with these intents receives the event, in a guild or outside of one. */
export function letsThrough(intents: number, event: string, inGuild: boolean): boolean {
  const needed = REQUIRED_INTENTS.get(event)?.[inGuild ? 0 : 1] ?? 0
  return needed === 0 || (intents & needed) !== 0
}

/** The refusal for invalid or disallowed intents, or null. */
export function refuseIntents(requested: unknown, granted: Privileges): Refusal | null {
  if (typeof requested !== 'number' || !Number.isInteger(requested) || requested < 0) {
    return INVALID
  }
  // Bitwise operators would truncate a number of more than 32 bits.
  if (requested > ALL_INTENTS || (requested & ~ALL_INTENTS) !== 0) {
    return INVALID
  }
  const denied =
    ((requested & INTENT.messageContent) !== 0 && !granted.messageContent) ||
    ((requested & INTENT.guildMembers) !== 0 && !granted.guildMembers) ||
    ((requested & INTENT.guildPresences) !== 0 && !granted.guildPresences)
  return denied ? { code: CLOSE.disallowedIntents, reason: 'Disallowed intent(s).' } : null
}

const INVALID: Refusal = { code: CLOSE.invalidIntents, reason: 'Invalid intent(s).' }

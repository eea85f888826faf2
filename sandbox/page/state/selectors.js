/**
 * Selectors: values derived from the state of people and channels.
 *
 * @import { Channel, User } from '../types.d.ts'
 */

import { locale, words } from '../language/language.js'
import { CHANNEL } from './constants.js'
import { state } from './state.js'

const PERMISSION = {
  kick: 1n << 1n,
  administrator: 1n << 3n,
  send: 1n << 11n,
  manageMessages: 1n << 13n,
  moderate: 1n << 40n,
}

/** A person's display name on this server. */
export function nameOf(/** @type {User} */ user) {
  return state.members.get(user.id)?.nick ?? user.global_name ?? user.username
}

/** Whether this member has a permission in a channel; true if the permissions are unknown. */
export function may(
  /** @type {Channel | undefined} */ channel,
  /** @type {keyof typeof PERMISSION} */ name,
) {
  if (channel?.permissions === undefined) {
    return true
  }
  const held = BigInt(channel.permissions)
  return (held & (PERMISSION[name] | PERMISSION.administrator)) !== 0n
}

export function isThread(/** @type {Channel | undefined} */ channel) {
  return channel !== undefined && channel.type >= 10 && channel.type <= 12
}

/** The bot's user. */
export function botUser() {
  return [...state.users.values()].find((user) => user.bot)
}

export function botName() {
  const bot = botUser()
  return bot ? nameOf(bot) : 'Sightseer'
}

/** The recipient of a direct-message channel. */
export function partner(/** @type {Channel} */ channel) {
  return channel.recipients?.find(({ id }) => id !== state.you?.id) ?? botUser()
}

/** The channel's display name with its prefix. */
export function titleOf(/** @type {Channel | undefined} */ channel) {
  if (!channel) {
    return ''
  }
  if (channel.type === CHANNEL.dm) {
    const other = partner(channel)
    return `@${other ? nameOf(other) : words().unknownUser}`
  }
  if (channel.type === CHANNEL.group) {
    return channel.name || (channel.recipients ?? []).map(nameOf).join(', ')
  }
  return isThread(channel) ? (channel.name ?? '') : `#${channel.name ?? ''}`
}

/** Whether everyone can see a channel: staff channels deny it to @everyone. */
export function isHiddenFromMost(/** @type {Channel} */ channel) {
  const everyone = channel.permission_overwrites?.find(({ id }) => id === channel.guild_id)
  return everyone !== undefined && (BigInt(everyone.deny) & (1n << 10n)) !== 0n
}

/** A person's badge on the server: owner, moderator, or ''. */
export function roleOf(/** @type {string} */ userId) {
  if (userId === state.guild.owner_id) {
    return words().owner
  }
  const roles = state.members.get(userId)?.roles ?? []
  const moderates = roles.some((id) => /mod/i.test(state.roles.get(id)?.name ?? ''))
  return moderates ? words().moderator : ''
}

/** The reason why the person cannot write in the open channel, or ''. */
export function whyNotWrite() {
  const channel = state.channels.get(state.current)
  const until = state.members.get(state.you?.id ?? '')?.communication_disabled_until
  if (until && Date.parse(until) > Date.now() && channel?.guild_id) {
    const time = new Date(until).toLocaleTimeString(locale(), { timeStyle: 'short' })
    return words().timedOut(time)
  }
  return channel === undefined || may(channel, 'send') ? '' : words().readOnly
}

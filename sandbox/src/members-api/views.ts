/** What a member receives: the initial snapshot and the events after it. */

import { isJson } from '../protocol/field-checks.ts'
import type { Json } from '../protocol/field-checks.ts'
import { isOffered, sees } from '../interactions/availability.ts'
import type { Message } from '../world/message.ts'
import { renderMessageEvent } from '../render/message.ts'
import { channelPermissions, guildPermissions } from '../world/permissions.ts'
import { renderChannel, renderMember, renderRole } from '../render/guild.ts'
import { renderUser } from '../render/user.ts'
import type { World } from '../world/world.ts'
import type { WorldEvent } from '../world/events.ts'
import type { User } from '../world/types.ts'
import type { Channel, Command } from '../world/types.ts'

/** Messages per channel in a snapshot. */
const SNAPSHOT_MESSAGES = 50

/** The member who receives it, and their language. */
export type Viewer = { readonly user: User; readonly locale: string }

/** The initial snapshot. */
export function snapshot(world: World, { user, locale }: Viewer): object {
  const { guild } = world
  const channels = channelsFor(world, user.id)
  return {
    type: 'snapshot',
    you: renderUser(user),
    locale,
    guild: {
      id: guild.id,
      name: guild.name,
      owner_id: guild.ownerId,
      roles: [...guild.roles.values()].map(renderRole),
      permissions: String(guildPermissions(world, guild, user.id)),
    },
    users: [...world.users.values()].map(renderUser),
    members: [...guild.members.values()].map((member) => renderMember(world, member)),
    channels: channels.map((channel) => viewedChannel(world, channel, user.id)),
    messages: channels.flatMap((channel) =>
      history(world, channel, user.id, { limit: SNAPSHOT_MESSAGES }),
    ),
    commands: commandsShown(world, { user, locale }),
    installed: world.application.installedBy.has(user.id),
    online: world.application.online,
    ...aboutBot(world),
  }
}

/** What the bot's owner says of it, and what it can answer with. */
function aboutBot({ application: { about, models } }: World): object {
  return { about, models: models && { names: models.names, current: models.current } }
}

function channelsFor(world: World, userId: string): readonly Channel[] {
  return [...world.channels.values()].filter((channel) => sees(world, channel, userId))
}

/** The channel as this member sees it. */
export function viewedChannel(world: World, channel: Channel, userId: string): object {
  const parent = channel.thread ? world.channels.get(channel.parentId ?? '') : channel
  // A direct-message channel lists the recipients other than the viewer.
  const otherIds = channel.recipients.filter((id) => id !== userId)
  return {
    ...renderChannel(world, channel),
    ...(channel.guildId === null
      ? { recipients: otherIds.map((id) => renderUser(world.user(id))) }
      : { nsfw: parent?.nsfw ?? false }),
    permissions: String(channelPermissions(world, channel, userId)),
  }
}

/** The channel's messages that the member sees, oldest first; the latest before `before`. */
export function history(
  world: World,
  channel: Channel,
  userId: string,
  { before, limit }: { before?: string | undefined; limit: number },
): readonly object[] {
  return world
    .history(channel.id)
    .filter((message) => isVisible(message, userId))
    .filter((message) => before === undefined || BigInt(message.id) < BigInt(before))
    .slice(-limit)
    .map((message) => viewedMessage(world, message, userId))
}

/** The message as this member sees it. */
export function viewedMessage(world: World, message: Message, userId: string): object {
  return renderMessageEvent(world, message, { seesContent: true, userId })
}

function isVisible(message: Message, userId: string): boolean {
  return message.visibleTo === null || message.visibleTo === userId
}

/** The application's commands in the member's language, with the channels to use them in. */
export function commandsShown(world: World, { user, locale }: Viewer): readonly object[] {
  const channels = channelsFor(world, user.id)
  return [...world.application.commands.values()].flat().map((command: Command) => ({
    ...localized(command, locale),
    usable_in: channels.filter((c) => isOffered(world, c, user.id, command)).map(({ id }) => id),
  }))
}

function localized(item: Json, locale: string): Json {
  const inner = (key: string) => {
    const list: unknown = item[key]
    return Array.isArray(list)
      ? { [key]: list.filter(isJson).map((i) => localized(i, locale)) }
      : {}
  }
  const text = (key: string) => {
    const texts = item[`${key}_localizations`]
    return { [`${key}_localized`]: (isJson(texts) ? texts[locale] : undefined) ?? item[key] }
  }
  return {
    ...item,
    ...text('name'),
    ...text('description'),
    ...inner('options'),
    ...inner('choices'),
  }
}

/** The parts of a rendered event that are the same for all members, cached. */
export type Shared = { message?: object }

/**
 * The member events that result from the event for this member, in order.
 *
 * @param shared the same for every member who receives this event.
 */
export function memberEvents(
  world: World,
  event: WorldEvent,
  viewer: Viewer,
  shared: Shared,
): readonly object[] {
  const { id } = viewer.user
  switch (event.name) {
    case 'MESSAGE_CREATE':
    case 'MESSAGE_UPDATE':
    case 'MESSAGE_DELETE':
    case 'MESSAGE_DELETE_BULK':
    case 'MESSAGE_REACTION_ADD':
    case 'MESSAGE_REACTION_REMOVE':
    case 'MESSAGE_REACTION_REMOVE_ALL':
    case 'MESSAGE_REACTION_REMOVE_EMOJI':
      return messageEvents(world, event, id, shared)
    case 'TYPING_START':
      if (!sees(world, event.channel, id)) {
        return []
      }
      return [{ type: 'typing', channel_id: event.channel.id, user_id: event.userId }]
    case 'CHANNEL_CREATE':
    case 'CHANNEL_UPDATE':
    case 'THREAD_CREATE':
    case 'THREAD_UPDATE':
    case 'THREAD_MEMBERS_UPDATE':
      return channelEvents(world, event.channel, id)
    case 'CHANNEL_DELETE':
    case 'THREAD_DELETE':
      return [{ type: 'channel_gone', id: event.channel.id }]
    case 'GUILD_MEMBER_ADD':
    case 'GUILD_MEMBER_UPDATE':
      return [
        { type: 'member', member: renderMember(world, event.member) },
        // A role change can show or hide channels and commands.
        ...(event.member.userId === id ? reconsidered(world, viewer) : []),
      ]
    case 'GUILD_ROLE_UPDATE':
      return reconsidered(world, viewer)
    case 'MEMBER_EVENT':
      return event.userId === id ? [event.event] : []
    case 'APPLICATION_ONLINE':
      return [{ type: 'online', online: event.online }]
    case 'APPLICATION_ABOUT':
      return [{ type: 'about', ...aboutBot(world) }]
    case 'COMMANDS_UPDATE':
      return [{ type: 'commands', commands: commandsShown(world, viewer) }]
    default:
      return []
  }
}

function messageEvents(
  world: World,
  event: WorldEvent & { name: `MESSAGE_${string}` },
  userId: string,
  shared: Shared,
): readonly object[] {
  if (event.name === 'MESSAGE_DELETE_BULK') {
    if (!sees(world, event.channel, userId)) {
      return []
    }
    return event.messages.map((message) => deleted(message))
  }
  const { message } = event
  const channel = world.channels.get(message.channelId)
  if (!channel || !isVisible(message, userId) || !sees(world, channel, userId)) {
    return []
  }
  if (event.name === 'MESSAGE_DELETE') {
    return [deleted(message)]
  }
  const render = () => ({ type: 'message', message: viewedMessage(world, message, userId) })
  // Only the `me` fields of reactions differ between members.
  return [message.reactions.length > 0 ? render() : (shared.message ??= render())]
}

function deleted({ id, channelId }: Message): object {
  return { type: 'deleted', id, channel_id: channelId }
}

function channelEvents(world: World, channel: Channel, userId: string): readonly object[] {
  if (!sees(world, channel, userId)) {
    return [{ type: 'channel_gone', id: channel.id }]
  }
  return [{ type: 'channel', channel: viewedChannel(world, channel, userId) }]
}

function reconsidered(world: World, viewer: Viewer): readonly object[] {
  return [
    ...[...world.channels.values()].flatMap((c) => channelEvents(world, c, viewer.user.id)),
    { type: 'commands', commands: commandsShown(world, viewer) },
  ]
}

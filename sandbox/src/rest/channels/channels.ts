/** Routes of channels: read, create, modify, delete. Source: resources/channel.mdx. */

import { Checks, isJson } from '../../protocol/field-checks.ts'
import type { Json } from '../../protocol/field-checks.ts'
import { CHANNEL_TYPE } from '../../protocol/constants.ts'
import { refuse } from '../../protocol/errors.ts'
import { demand, sendingIn } from '../../world/permissions.ts'
import { renderChannel, renderThreadFor } from '../../render/guild.ts'
import { asJson } from '../../protocol/body.ts'
import { AUDIT, changesBetween, note } from '../../world/audit-log.ts'
import { modifyThread } from '../../world/threads/threads.ts'
import { checkSendable } from '../../world/threads/thread-access.ts'
import { readThreadChanges } from '../../world/threads/thread-fields.ts'
import type { Channel, Guild, Overwrite } from '../../world/types.ts'
import { checkOverwrite, readOverwrites } from './overwrites.ts'
import { NO_CONTENT, ok } from '../route.ts'
import type { Context, Reply, Route } from '../route.ts'
import { channelOf, guildChannelOf, guildOf } from '../targets.ts'

const MAX_CHANNELS = 500

/** Longest slow mode: six hours, in seconds. */
const MAX_SLOWMODE_S = 21_600

type ChannelFields = {
  name?: string
  topic?: string | null
  position?: number
  parentId?: string | null
  nsfw?: boolean
  slowmodeS?: number
  overwrites?: ReadonlyMap<string, Overwrite>
}

/** @throws {ApiError} 50035. */
function readFields(body: Json, guild: Guild, context: Context): ChannelFields {
  const checks = new Checks()
  const name = checks.text(body, 'name', { min: 1, max: 100 })
  const topic = checks.text(body, 'topic', { max: 1024 })
  const position = checks.whole(body, 'position', 'position', { min: 0 })
  const parentId = checks.id(body, 'parent_id')
  const nsfw = checks.flag(body, 'nsfw')
  const limits = { min: 0, max: MAX_SLOWMODE_S }
  const slowmodeS = checks.whole(body, 'rate_limit_per_user', 'rate_limit_per_user', limits)
  const overwrites = readOverwrites(body, guild, checks)
  if (parentId !== undefined) {
    const parent = context.world.channels.get(parentId)
    if (parent?.guildId !== guild.id || parent.type !== CHANNEL_TYPE.guildCategory) {
      checks.fail('parent_id', 'CHANNEL_PARENT_INVALID', 'Category does not exist')
    }
  }
  checks.done()
  return {
    ...(name === undefined ? {} : { name }),
    ...('topic' in body ? { topic: topic ?? null } : {}),
    ...(position === undefined ? {} : { position }),
    ...('parent_id' in body ? { parentId: parentId ?? null } : {}),
    ...(nsfw === undefined ? {} : { nsfw }),
    ...(slowmodeS === undefined ? {} : { slowmodeS }),
    ...(overwrites ? { overwrites } : {}),
  }
}

/** Text channels are named in lower case, with hyphens for spaces. */
function channelName(name: string, type: number): string {
  const isText = type === CHANNEL_TYPE.guildText || type === CHANNEL_TYPE.guildAnnouncement
  return isText ? name.trim().toLowerCase().replaceAll(/\s+/g, '-') : name.trim()
}

function create(context: Context): Reply {
  const { world, actor } = context
  const guild = guildOf(context, 'manageChannels')
  const body = asJson(context.body)
  const channels = world.channelsOf(guild)
  if (channels.length >= MAX_CHANNELS) {
    throw refuse('tooManyChannels')
  }
  const checks = new Checks()
  const name = checks.needText(body, 'name', { min: 1, max: 100 })
  const { guildText, guildVoice, guildCategory, guildAnnouncement } = CHANNEL_TYPE
  const types = [guildText, guildVoice, guildCategory, guildAnnouncement]
  const type = body['type'] == null ? guildText : checks.choice(body, 'type', types)
  checks.done()
  const { overwrites, ...fields } = readFields(body, guild, context)
  for (const overwrite of overwrites?.values() ?? []) {
    checkOverwrite(context, guild, null, overwrite)
  }
  const channel = world.addChannel(guild, {
    position: channels.length,
    ...fields,
    name: channelName(name, type ?? guildText),
    type: type ?? guildText,
    overwrites: new Map(overwrites),
  })
  note(world, guild.id, actor, {
    action: AUDIT.channelCreate,
    targetId: channel.id,
    changes: changesBetween({}, describe(channel)),
  })
  return { status: 201, body: renderChannel(world, channel) }
}

function describe(channel: Channel): object {
  const { name, type, topic, nsfw, slowmodeS, position } = channel
  return { name, type, topic, nsfw, rate_limit_per_user: slowmodeS, position }
}

function modify(context: Context): Reply {
  const { world, actor } = context
  const { channel, guild } = guildChannelOf(context)
  const body = asJson(context.body)
  if (channel.thread) {
    modifyThread(world, channel, readThreadChanges(body), actor)
    return ok(renderThreadFor(world, channel, actor.userId))
  }
  demand(world, channel, actor.userId, 'manageChannels')
  const { overwrites, name, ...fields } = readFields(body, guild, context)
  if (overwrites) {
    demand(world, channel, actor.userId, 'manageRoles')
    for (const overwrite of overwrites.values()) {
      checkOverwrite(context, guild, channel, overwrite)
    }
  }
  const before = describe(channel)
  Object.assign(channel, fields)
  if (name !== undefined) {
    channel.name = channelName(name, channel.type)
  }
  if (overwrites) {
    channel.overwrites.clear()
    for (const [id, overwrite] of overwrites) {
      channel.overwrites.set(id, overwrite)
    }
  }
  world.emit({ name: 'CHANNEL_UPDATE', channel })
  note(world, guild.id, actor, {
    action: AUDIT.channelUpdate,
    targetId: channel.id,
    changes: changesBetween(before, describe(channel)),
  })
  return ok(renderChannel(world, channel))
}

function remove(context: Context): Reply {
  const { world, actor } = context
  const channel = channelOf(context)
  // Deleting a direct-message channel only closes it; its messages are kept.
  if (channel.guildId === null) {
    return ok(renderChannel(world, channel))
  }
  demand(world, channel, actor.userId, channel.thread ? 'manageThreads' : 'manageChannels')
  const rendered = renderChannel(world, channel)
  world.removeChannel(channel)
  note(world, channel.guildId, actor, {
    action: channel.thread ? AUDIT.threadDelete : AUDIT.channelDelete,
    targetId: channel.id,
    changes: changesBetween({}, describe(channel)),
  })
  return ok(rendered)
}

function move(context: Context): Reply {
  const { world, body } = context
  const guild = guildOf(context, 'manageChannels')
  const items: readonly unknown[] = Array.isArray(body.json) ? body.json : []
  const checks = new Checks()
  const moves = items.filter(isJson).map((item, i) => ({
    id: checks.id(item, 'id', `${i}.id`),
    position: checks.whole(item, 'position', `${i}.position`, { min: 0 }),
  }))
  checks.done()
  for (const { id, position } of moves) {
    const channel = world.channel(id ?? '')
    if (channel.guildId !== guild.id || channel.thread) {
      throw refuse('unknownChannel')
    }
    if (position === undefined) {
      continue
    }
    channel.position = position
    world.emit({ name: 'CHANNEL_UPDATE', channel })
  }
  return NO_CONTENT
}

function typing(context: Context): Reply {
  const { world, actor } = context
  const channel = channelOf(context)
  demand(world, channel, actor.userId, sendingIn(channel))
  checkSendable(world, channel, actor.userId)
  world.emit({ name: 'TYPING_START', channel, userId: actor.userId })
  return NO_CONTENT
}

function get(context: Context): Reply {
  const { world, actor } = context
  const channel = channelOf(context)
  return ok(renderThreadFor(world, channel, actor.userId))
}

function list(context: Context): Reply {
  const { world } = context
  const channels = world.channelsOf(guildOf(context))
  return ok(channels.map((channel) => renderChannel(world, channel)))
}

/** All routes of this file. */
export const channelRoutes: readonly Route[] = [
  { method: 'GET', path: '/guilds/:guild/channels', handle: list },
  { method: 'POST', path: '/guilds/:guild/channels', handle: create },
  { method: 'PATCH', path: '/guilds/:guild/channels', handle: move },
  { method: 'GET', path: '/channels/:channel', handle: get },
  { method: 'PATCH', path: '/channels/:channel', handle: modify },
  { method: 'DELETE', path: '/channels/:channel', handle: remove },
  { method: 'POST', path: '/channels/:channel/typing', handle: typing },
]

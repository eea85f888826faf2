/**
 * Which pictures a person may point at from a channel. Every way to name a picture asks here: links,
 * commands, choices of the autocomplete, replies, and the conversations of a channel.
 *
 * A person may point at what Discord shows them: messages of the channel if they can read its
 * history, messages of other channels of the server if they can read those, private threads
 * included. A picture of an age-restricted channel may be pointed at from such channels only.
 */

import {
  type BaseInteraction,
  type Channel,
  ChannelType,
  type Client,
  type GuildTextBasedChannel,
  type Message,
  PermissionFlagsBits,
} from 'discord.js'
import { InputError, type InputErrorCode } from '../../config/errors.ts'
import type { ChannelRecord } from '../memory/conversation.ts'
import { isUsedBy } from '../memory/conversation-reading.ts'
import type { Place } from './place.ts'

/** A person, and the channel that they point at pictures from. */
export type Viewer = {
  readonly client: Client
  readonly userId: string
  readonly place: Place
  /** Whether they can read earlier messages of the place. */
  readonly readsHistory: boolean
}

type Problem = Extract<InputErrorCode, 'link/hidden' | 'image/age-restricted'>

/** The person who used a command, a button or a form. */
export function viewerOf(interaction: BaseInteraction): Viewer {
  const { client, user, guildId, channelId, memberPermissions } = interaction
  const { ReadMessageHistory } = PermissionFlagsBits
  return {
    client,
    userId: user.id,
    place: { guildId, channelId: channelId ?? '' },
    readsHistory: memberPermissions === null || memberPermissions.has(ReadMessageHistory),
  }
}

/** The author of a message. */
export async function authorOf(message: Message): Promise<Viewer> {
  const { client, author, guildId, channelId, channel } = message
  const viewer = { client, userId: author.id, place: { guildId, channelId } }
  const canRead =
    channel.isDMBased() || (await canReadHistory(channel, author.id).catch(() => false))
  return { ...viewer, readsHistory: canRead }
}

/** @throws {InputError} if the person may not point at a picture of that channel. */
export async function assertMayPointAt(
  viewer: Viewer,
  source: { readonly channelId: string } | null,
): Promise<void> {
  const problem = source && (await problemWith(viewer, source.channelId))
  if (problem) {
    throw new InputError(problem)
  }
}

/** Whether a person may point at the pictures of a channel. */
export async function mayPointAt(viewer: Viewer, channelId: string): Promise<boolean> {
  return channelId === viewer.place.channelId
    ? viewer.readsHistory
    : (await problemWith(viewer, channelId)) === undefined
}

/** @throws {InputError} if the person may not point at a message. */
export async function assertMayPointAtMessage(viewer: Viewer, message: Message): Promise<void> {
  await assertMayPointAt(viewer, message)
  if (isRestrictedForward(viewer, message)) {
    throw new InputError('image/age-restricted')
  }
  if (message.channelId === viewer.place.channelId && !isPointable(viewer, message)) {
    throw new InputError('link/hidden')
  }
}

/** Whether a person may point at a message of their own channel. */
export function isPointable(viewer: Viewer, message: Message): boolean {
  const canRead = viewer.readsHistory || message.author.id === viewer.userId
  return canRead && !isRestrictedForward(viewer, message)
}

/** The conversations about pictures that a person may point at. */
export async function pointable(viewer: Viewer, record: ChannelRecord): Promise<ChannelRecord> {
  const channelIds = new Set(record.talks.flatMap(({ picture }) => picture.source?.channelId ?? []))
  const hidden = new Set<string>()
  for (const channelId of channelIds) {
    if (await problemWith(viewer, channelId)) {
      hidden.add(channelId)
    }
  }
  const talks = record.talks.filter(
    (conversation) =>
      (viewer.readsHistory || isUsedBy(conversation, viewer.userId)) &&
      !hidden.has(conversation.picture.source?.channelId ?? ''),
  )
  return { talks }
}

/** Why a person may not point at the pictures of another channel than their own. */
async function problemWith(viewer: Viewer, channelId: string): Promise<Problem | undefined> {
  const { client, userId, place } = viewer
  if (channelId === place.channelId) {
    return undefined
  }
  const channel = await client.channels.fetch(channelId).catch(() => null)
  if (!channel?.isTextBased() || channel.isDMBased() || channel.guildId !== place.guildId) {
    return 'link/hidden'
  }
  if (!(await canReadHistory(channel, userId).catch(() => false))) {
    return 'link/hidden'
  }
  return isAgeRestricted(channel) && !isAgeRestricted(placeOf(viewer))
    ? 'image/age-restricted'
    : undefined
}

/** Whether a member can read the earlier messages of a channel; rejects if they are no member. */
async function canReadHistory(channel: GuildTextBasedChannel, userId: string): Promise<boolean> {
  const member = await channel.guild.members.fetch(userId)
  const permissions = channel.permissionsFor(member)
  const { ViewChannel, ReadMessageHistory, ManageThreads } = PermissionFlagsBits
  if (!permissions.has([ViewChannel, ReadMessageHistory])) {
    return false
  }
  // discord.js gives the permissions of the parent, but only members see a private thread.
  return (
    channel.type !== ChannelType.PrivateThread ||
    permissions.has(ManageThreads) ||
    channel.members.fetch({ member: userId }).then(
      () => true,
      () => false,
    )
  )
}

/** Whether a message was forwarded from an age-restricted channel to a person in one that is not. */
export function isRestrictedForward(
  viewer: Pick<Viewer, 'client' | 'place'>,
  { messageSnapshots, reference }: Message,
): boolean {
  const origin =
    messageSnapshots.size > 0 ? viewer.client.channels.cache.get(reference?.channelId ?? '') : null
  return isAgeRestricted(origin ?? null) && !isAgeRestricted(placeOf(viewer))
}

function placeOf({ client, place }: Pick<Viewer, 'client' | 'place'>): Channel | null {
  return client.channels.cache.get(place.channelId) ?? null
}

/** Whether a channel is age-restricted; a thread is if its parent is. */
function isAgeRestricted(channel: Channel | null): boolean {
  const place = channel?.isThread() ? channel.parent : channel
  return place !== null && 'nsfw' in place && place.nsfw
}

/** The viewer of a request, whose pictures were found for the asker when it was made. */
export function viewerOfRequest(
  client: Client,
  { asker, place }: { readonly asker: string; readonly place: Place },
): Viewer {
  return { client, userId: asker, place, readsHistory: true }
}

/**
 * Renders a message as the API returns it, for one reader.
 *
 * Without the Message Content intent a bot receives `content`, `attachments`, `embeds` and
 * `components` empty, except in its own messages, in direct messages, where it is mentioned, and
 * in a reply that pings it for one of its ordinary messages: a reply to an answer to a command
 * does not count. Source: developers/gateway/you-might-not-need-a-privileged-intent.mdx.
 */

import { MESSAGE_FLAG } from '../protocol/constants.ts'
import type { LinkPreview } from '../world/links.ts'
import { mentionedIn } from '../messages/mentions.ts'
import { withLinks } from '../messages/attachment-links.ts'
import { namesIn } from '../messages/media.ts'
import { textOf } from '../messages/create-message.ts'
import type { Message, MessageOrigin, MessageSnapshot } from '../world/message.ts'
import { renderChannel, renderMember } from './guild.ts'
import { renderUser, renderWebhookUser } from './user.ts'
import type { World } from '../world/world.ts'

/** Who receives the message: a member, or an application with or without the intent. */
export type Reader = {
  readonly seesContent: boolean
  /** The user for the `me` fields of reactions; default the bot. */
  readonly userId?: string
}

/** The message as the API returns it. */
export function renderMessage(world: World, message: Message, reader: Reader): object {
  const clear = reader.seesContent || isReadable(world, message)
  return {
    id: message.id,
    type: message.type,
    channel_id: message.channelId,
    author: message.webhook
      ? renderWebhookUser(message.webhook)
      : renderUser(world.user(message.authorId)),
    timestamp: time(message.timestampMs),
    tts: false,
    mention_everyone: message.mentionEveryone,
    pinned: message.pinnedMs !== null,
    ...renderBody(world, message, clear),
    ...renderReactions(world, message, reader),
    ...renderStarted(world, message),
    ...(message.nonce === undefined ? {} : { nonce: message.nonce }),
    ...renderWebhook(message),
    ...(message.origin === null ? {} : renderOrigin(world, message, message.origin)),
    ...renderReference(world, message, reader),
  }
}

/** The message as the gateway sends it: with its guild and the author's membership. */
export function renderMessageEvent(world: World, message: Message, reader: Reader): object {
  const rendered = renderMessage(world, message, reader)
  const { type } = world.channel(message.channelId)
  if (message.guildId === null) {
    return { ...rendered, channel_type: type }
  }
  const author = world.member(message.guildId, message.authorId)
  // Users who left, and an application that only a user installed, have no member object.
  if (!author) {
    return { ...rendered, guild_id: message.guildId, channel_type: type }
  }
  const { user: _, ...member } = renderMember(world, author)
  return { ...rendered, guild_id: message.guildId, member, channel_type: type }
}

/** The fields that messages and message snapshots share. */
function renderBody(world: World, message: Message | MessageSnapshot, clear: boolean): object {
  const { editedMs, stickers } = message
  const embedded = namesIn(message.embeds)
  const listed = message.files.filter(({ name }) => !embedded.has(name))
  return {
    content: clear ? message.content : '',
    edited_timestamp: editedMs === null ? null : time(editedMs),
    mentions: message.mentions.map((id) => renderUser(world.user(id))),
    mention_roles: message.mentionRoles,
    // Files that an embed shows are not listed as attachments.
    attachments: clear ? listed.map((file) => world.cdn.describe(file)) : [],
    embeds: clear ? renderEmbeds(world, message) : [],
    components: clear ? message.components.map((c) => withLinks(world, message.files, c)) : [],
    flags: message.flags,
    ...(stickers.length > 0 ? { sticker_items: stickers } : {}),
  }
}

function renderWebhook({ webhook }: Message): object {
  if (webhook === null) {
    return {}
  }
  const { id, applicationId } = webhook
  return { webhook_id: id, ...(applicationId === null ? {} : { application_id: applicationId }) }
}

/** Its own embeds and the previews of its links; with SUPPRESS_EMBEDS none. */
function renderEmbeds(world: World, message: Message | MessageSnapshot): readonly object[] {
  if ((message.flags & MESSAGE_FLAG.suppressEmbeds) !== 0) {
    return []
  }
  const embeds = message.embeds.map((embed) => withLinks(world, message.files, embed))
  return [...embeds, ...message.previews.flatMap((preview) => renderPreview(world, preview))]
}

/** A preview with several pictures is one embed for each, all with the same link. */
function renderPreview(world: World, preview: LinkPreview): readonly object[] {
  const { url, type, title, description, provider, pictures } = preview
  const texts = {
    url,
    type,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(provider === undefined ? {} : { provider: { name: provider } }),
  }
  const [first, ...others] = pictures.map((picture) => world.cdn.mediaAt(picture, url))
  if (!first) {
    return [texts]
  }
  const key = type === 'rich' ? 'image' : 'thumbnail'
  return [{ ...texts, [key]: first }, ...others.map((media) => ({ url, type, [key]: media }))]
}

/** The thread started from it, which has the same id. */
function renderStarted(world: World, message: Message): object {
  const thread = world.channels.get(message.id)
  return thread ? { thread: renderChannel(world, thread) } : {}
}

function renderReactions(world: World, message: Message, reader: Reader): object {
  if (message.reactions.length === 0) {
    return {}
  }
  const self = reader.userId ?? world.application.bot.id
  return {
    reactions: message.reactions.map(({ emojiId, emojiName, userIds }) => ({
      emoji: { id: emojiId, name: emojiName },
      count: userIds.length,
      count_details: { burst: 0, normal: userIds.length },
      burst_colors: [],
      me: userIds.includes(self),
      me_burst: false,
    })),
  }
}

function renderOrigin(world: World, message: Message, origin: MessageOrigin): object {
  const { id } = world.application
  const { interactionId, type, userId, commandName } = origin
  const user = renderUser(world.user(userId))
  return {
    application_id: id,
    webhook_id: id,
    // Deprecated, but still sent for responses to commands.
    ...(type === 2 ? { interaction: { id: interactionId, type, name: commandName, user } } : {}),
    interaction_metadata: renderMetadata(world, origin, message),
  }
}

function renderMetadata(world: World, origin: MessageOrigin, message?: Message): object {
  const { type, targetId, commandType } = origin
  const target = targetId === null ? {} : renderTarget(world, targetId, commandType)
  return {
    id: origin.interactionId,
    type,
    user: renderUser(world.user(origin.userId)),
    authorizing_integration_owners: origin.owners,
    ...(origin.commandName === null ? {} : { name: origin.commandName }),
    ...(commandType === null ? {} : { command_type: commandType }),
    ...target,
    ...(origin.originalId !== null && origin.originalId !== message?.id
      ? { original_response_message_id: origin.originalId }
      : {}),
    ...(type === 3 ? { interacted_message_id: origin.sourceMessageId } : {}),
    ...(origin.triggeredBy === null
      ? {}
      : { triggering_interaction_metadata: renderMetadata(world, origin.triggeredBy) }),
  }
}

function renderTarget(world: World, targetId: string, commandType: number | null): object {
  if (commandType === 3) {
    return { target_message_id: targetId }
  }
  return { target_user: renderUser(world.user(targetId)) }
}

function renderReference(world: World, message: Message, reader: Reader): object {
  const { reference } = message
  if (reference === null) {
    return {}
  }
  const rendered = {
    type: reference.type,
    channel_id: reference.channelId,
    message_id: reference.messageId,
    ...(reference.guildId === null ? {} : { guild_id: reference.guildId }),
  }
  if (reference.type === 1) {
    const clear = reader.seesContent || isReadable(world, message)
    const snapshots = message.snapshots.map((snapshot) => renderSnapshot(world, snapshot, clear))
    return { message_reference: rendered, message_snapshots: snapshots }
  }
  if ((message.flags & MESSAGE_FLAG.isCrosspost) !== 0) {
    return { message_reference: rendered }
  }
  const target = world.messages.get(reference.channelId)?.get(reference.messageId)
  return {
    message_reference: rendered,
    // One level only: without the target's own `referenced_message`.
    referenced_message: target
      ? renderMessage(world, { ...target, reference: null }, reader)
      : null,
  }
}

function renderSnapshot(world: World, snapshot: MessageSnapshot, clear: boolean): object {
  return {
    message: {
      type: snapshot.type,
      timestamp: time(snapshot.timestampMs),
      ...renderBody(world, snapshot, clear),
    },
  }
}

/** Whether an application without the intent can read this message. */
function isReadable(world: World, message: Message): boolean {
  const bot = world.application.bot.id
  if (message.authorId === bot || message.guildId === null) {
    return true
  }
  if (!message.mentions.includes(bot)) {
    return false
  }
  if (mentionedIn(textOf(message)).includes(bot)) {
    return true
  }
  const { messageId = '', channelId = '' } = message.reference ?? {}
  const target = world.messages.get(channelId)?.get(messageId)
  return target !== undefined && target.origin === null
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}

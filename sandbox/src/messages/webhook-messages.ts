/**
 * Messages of webhooks: sent with the webhook's token, by a proxy bot in place of a member, and
 * by an announcement channel that another channel follows.
 *
 * Source: developers/resources/webhook.mdx, "Execute Webhook"; resources/message.mdx, "Crosspost
 * messages"; pluralkit.me/guide, for what a proxy bot does.
 */

import { CHANNEL_TYPE, MESSAGE_FLAG } from '../protocol/constants.ts'
import { refuse } from '../protocol/errors.ts'
import type { Message } from '../world/message.ts'
import { demand } from '../world/permissions.ts'
import type { Channel, Webhook } from '../world/types.ts'
import { addWebhook } from '../world/webhooks.ts'
import type { World } from '../world/world.ts'
import type { MessageBody } from './body.ts'
import { createMessage } from './create-message.ts'

/** The name of the webhook that a proxy bot makes for itself. */
const PROXY_NAME = 'Proxy Webhook'

/** Sends a message of a webhook, by default under the webhook's own name. */
export function sendByWebhook(
  world: World,
  webhook: Webhook,
  { channel, body, name }: { channel: Channel; body: MessageBody; name?: string | undefined },
): Promise<Message> {
  const { id, applicationId } = webhook
  return createMessage(world, {
    channel,
    authorId: id,
    body: { ...body, pointer: undefined },
    webhook: { id, name: name ?? webhook.name, applicationId },
  })
}

/** Posts a member's message again under another name, then deletes it, as a proxy bot does. */
export async function proxyMessage(world: World, source: Message, name: string): Promise<Message> {
  const channel = world.channel(source.channelId)
  // The webhooks of a thread are those of its channel.
  const home = channel.thread ? world.channel(channel.parentId ?? '') : channel
  if (home.guildId === null) {
    throw refuse('notInDirectMessages')
  }
  const existing = [...home.webhooks.values()].find((webhook) => webhook.name === PROXY_NAME)
  const webhook = existing ?? addWebhook(world, home, { name: PROXY_NAME })
  const message = await sendByWebhook(world, webhook, { channel, name, body: copyOf(source) })
  world.remove(source)
  return message
}

/**
 * Publishes a message of an announcement channel to a channel, which follows it from then on.
 *
 * @throws {ApiError} 50024 from another kind of channel, 50013 without Manage Messages.
 */
export async function crosspost(
  world: World,
  source: Message,
  { target, userId }: { readonly target: Channel; readonly userId: string },
): Promise<Message> {
  const channel = world.channel(source.channelId)
  if (channel.type !== CHANNEL_TYPE.guildAnnouncement) {
    throw refuse('wrongChannelType')
  }
  if (source.authorId !== userId) {
    demand(world, channel, userId, 'manageMessages')
  }
  const guild = world.guildOf(channel)
  const existing = [...target.webhooks.values()].find((one) => one.sourceChannelId === channel.id)
  const name = `${guild?.name ?? ''} #${channel.name}`
  const webhook =
    existing ?? addWebhook(world, target, { type: 2, name, userId, sourceChannelId: channel.id })
  world.update(source, { flags: source.flags | MESSAGE_FLAG.crossposted })
  const { id, applicationId } = webhook
  const { id: messageId, channelId, guildId } = source
  return createMessage(world, {
    channel: target,
    authorId: id,
    body: copyOf(source),
    webhook: { id, name: webhook.name, applicationId },
    reference: { type: 0, messageId, channelId, guildId },
    flags: MESSAGE_FLAG.isCrosspost,
  })
}

/** The body of a message with the same text, embeds and files. */
function copyOf({ content, embeds, files }: Message): MessageBody {
  return {
    content,
    embeds: embeds.map((embed) => ({ ...embed })),
    components: undefined,
    flags: undefined,
    nonce: undefined,
    enforceNonce: false,
    pointer: undefined,
    allowedMentions: undefined,
    stickerIds: [],
    keptFiles: undefined,
    uploads: files,
  }
}

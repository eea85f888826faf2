/** Discord's system messages about pins and threads. Source: resources/message.mdx. */

import type { Message, MessageReference } from './message.ts'
import type { World } from './world.ts'
import type { Channel } from './types.ts'

/** Posts a system message of message type `type`; its author is the user who caused it. */
export function postSystemMessage(
  world: World,
  channel: Channel,
  author: string,
  type: number,
  said: { readonly content?: string; readonly reference?: MessageReference } = {},
): Message {
  const message: Message = {
    id: world.nextId(),
    channelId: channel.id,
    guildId: channel.guildId,
    type,
    authorId: author,
    webhook: null,
    timestampMs: world.clock.now(),
    nonce: undefined,
    reference: said.reference ?? null,
    snapshots: [],
    stickers: [],
    origin: null,
    visibleTo: null,
    content: said.content ?? '',
    editedMs: null,
    flags: 0,
    files: [],
    embeds: [],
    previews: [],
    components: [],
    mentions: [],
    mentionRoles: [],
    mentionEveryone: false,
    reactions: [],
    pinnedMs: null,
  }
  world.post(message)
  return message
}

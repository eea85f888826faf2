/** The Discord of a replay: messages as the gateway sends them, and actions that are recorded. */

import { ChannelType, Client, Guild, Message } from 'discord.js'
import { ModerationActions } from '../../bot/moderation/cases/discord-actions.ts'
import type { Posted } from './traffic.ts'

export const GUILD = '300000000000000000'
export const STAFF = '300000000000000002'

/** Records the actions instead of sending them to Discord. */
export class RecordedActions extends ModerationActions {
  readonly deleted: string[] = []
  readonly posted = new Map<string, Message<true>>()
  #posted = 0

  override post(): Promise<string> {
    this.#posted += 1
    return Promise.resolve(String(400_000_000_000_000_000n + BigInt(this.#posted)))
  }

  override edit(): Promise<void> {
    return Promise.resolve()
  }

  override find(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  override search(): Promise<[]> {
    return Promise.resolve([])
  }

  override delete(_channelId: string, messageId: string): Promise<void> {
    this.deleted.push(messageId)
    return Promise.resolve()
  }

  override timeoutOf(): Promise<null> {
    return Promise.resolve(null)
  }

  override timeOut(): Promise<void> {
    return Promise.resolve()
  }

  override direct(userId: string): Promise<string> {
    return Promise.resolve(userId)
  }

  /** Those that were deleted, too: the posted evidence shows the same. */
  override message(_channelId: string, messageId: string): Promise<Message | undefined> {
    return Promise.resolve(this.posted.get(messageId))
  }
}

export function urlOf(messageId: string): string {
  return `https://cdn.discordapp.com/attachments/1/${messageId}/picture`
}

/** A discord.js client that already has the guild of the traffic in its cache. */
export function clientOn(traffic: readonly Posted[]): Client {
  const client = new Client({ intents: [] })
  const channels = [...new Set(traffic.map(({ channelId }) => channelId))].map((id) => ({
    id,
    type: ChannelType.GuildText,
    name: id,
    permission_overwrites: [],
  }))
  const data = {
    id: GUILD,
    name: 'replay',
    owner_id: STAFF,
    preferred_locale: 'en-US',
    features: [],
    roles: [],
    channels,
  }
  const guild: unknown = Reflect.construct(Guild, [client, data])
  if (guild instanceof Guild) {
    client.guilds.cache.set(GUILD, guild)
  }
  return client
}

/** The message as discord.js makes it of what the gateway sends. */
export function messageOf(
  client: Client,
  { messageId, memberId, channelId, at, name, bytes }: Posted,
): Message<true> {
  const attachment = {
    id: messageId,
    url: urlOf(messageId),
    proxy_url: urlOf(messageId),
    size: bytes.length,
    filename: name,
    content_type: 'image/png',
  }
  const message: unknown = Reflect.construct(Message, [
    client,
    {
      id: messageId,
      guild_id: GUILD,
      channel_id: channelId,
      content: '',
      timestamp: new Date(at).toISOString(),
      author: { id: memberId, username: memberId, discriminator: '0' },
      attachments: [attachment],
      embeds: [],
    },
  ])
  if (!(message instanceof Message) || !message.inGuild()) {
    throw new TypeError('expected a message of the server')
  }
  return message
}

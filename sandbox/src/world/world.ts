/**
 * The sandbox's state: people, guilds, channels, messages and the application.
 *
 * The world emits events (`WorldEvent`); the gateway and the members API decide who receives them.
 * It depends on neither HTTP nor WebSocket, and does not check permissions: callers do
 * (`permissions.ts`).
 */

import { EventEmitter } from 'node:events'
import type { Clock } from '../protocol/clock.ts'
import { CHANNEL_TYPE } from '../protocol/constants.ts'
import { refuse } from '../protocol/errors.ts'
import { Cdn } from '../cdn/files.ts'
import { Links } from './links.ts'
import type { Message } from './message.ts'
import { filesOf, removeFile } from './message-files.ts'
import { compareIds, snowflakes, sortById } from '../protocol/snowflake.ts'
import type { WorldEvent } from './events.ts'
import { newChannel, newGuild, newRole } from './defaults.ts'
import type { NewChannel, NewRole, WorldOptions } from './defaults.ts'
import type { Application, Channel, Guild, Member, Role, User } from './types.ts'

/** The state of the sandbox. */
export class World {
  readonly clock: Clock
  readonly nextId: () => string
  readonly cdn: Cdn
  readonly links: Links
  readonly users = new Map<string, User>()
  readonly guilds = new Map<string, Guild>()
  /** Ids of the guilds that the gateway does not have, because of an outage. */
  readonly unavailable = new Set<string>()
  readonly channels = new Map<string, Channel>()
  /** By channel id, then by message id. */
  readonly messages = new Map<string, Map<string, Message>>()
  readonly application: Application
  /** Users with Nitro. */
  readonly nitro = new Set<string>()
  /** Maximum number of messages kept per channel, to limit memory. Discord keeps all. */
  keptMessages = 5000
  readonly #events = new EventEmitter<{ happened: [WorldEvent] }>()

  /** An empty world with the bot only. `seedWorld` adds the rest. */
  constructor(options: WorldOptions) {
    this.clock = options.clock
    const { clock, botName, saved } = options
    this.nextId = snowflakes(clock, saved?.lastId)
    this.cdn = new Cdn(clock, saved && Buffer.from(saved.cdnSecret))
    this.links = new Links(clock, this.cdn, this.nextId)
    const bot = saved?.bot ?? this.addUser(botName, botName, true)
    this.users.set(bot.id, bot)
    this.application = {
      id: bot.id,
      name: bot.name,
      token: options.token,
      bot,
      messageContent: options.messageContent,
      about: null,
      models: null,
      online: false,
      installedBy: new Set(),
      blockedBy: new Set(),
      commands: new Map(),
    }
  }

  /** The first guild, which all users are in. */
  get guild(): Guild {
    const [first] = this.guilds.values()
    if (!first) {
      throw new RangeError('expected a guild, got a world without one')
    }
    return first
  }

  /** Adds a person, or the bot. */
  addUser(name: string, displayName: string, bot = false): User {
    const user = { id: this.nextId(), name, displayName, bot }
    this.users.set(user.id, user)
    return user
  }

  /** Adds a guild with its owner, an @everyone role and no channel. */
  addGuild(name: string, ownerId: string, everyone: bigint): Guild {
    const id = this.nextId()
    const guild = newGuild(id, name, ownerId)
    this.guilds.set(id, guild)
    this.#keepRole(guild, id, { name: '@everyone', permissions: everyone, position: 0 })
    this.addMember(guild, ownerId)
    return guild
  }

  /** Adds a role, by default below all others. */
  addRole(guild: Guild, fields: NewRole): Role {
    return this.#keepRole(guild, this.nextId(), fields)
  }

  #keepRole(guild: Guild, id: string, fields: NewRole): Role {
    const role = newRole(guild, id, fields)
    guild.roles.set(id, role)
    this.emit({ name: 'GUILD_ROLE_CREATE', role })
    return role
  }

  /** Adds a member. If it is the bot, emits GUILD_CREATE as well. */
  addMember(guild: Guild, userId: string, roles: readonly string[] = []): Member {
    const joinedMs = this.clock.now()
    const guildId = guild.id
    const member = { guildId, userId, nick: null, roles, joinedMs, timeoutUntilMs: null }
    guild.members.set(userId, member)
    this.emit({ name: 'GUILD_MEMBER_ADD', member })
    if (userId === this.application.bot.id) {
      this.emit({ name: 'GUILD_CREATE', guild })
    }
    return member
  }

  /** Adds a channel or a thread to the guild; by default a text channel. */
  addChannel(guild: Guild, fields: NewChannel): Channel {
    return this.keepChannel({ ...newChannel(this.nextId()), ...fields, guildId: guild.id })
  }

  /** The direct-message channel of two users, created at first use; default with the bot. */
  directChannel(userId: string, other = this.application.bot.id): Channel {
    const existing = [...this.channels.values()].find(
      ({ type, recipients }) =>
        type === CHANNEL_TYPE.dm && recipients.includes(userId) && recipients.includes(other),
    )
    if (existing) {
      return existing
    }
    const channel = { ...newChannel(this.nextId()), type: CHANNEL_TYPE.dm }
    return this.keepChannel({ ...channel, recipients: [userId, other] })
  }

  /** Creates a group of direct messages; its owner is the first recipient. A bot is never in one. */
  addGroup(recipients: readonly string[], name: string): Channel {
    const channel = { ...newChannel(this.nextId()), type: CHANNEL_TYPE.groupDm }
    return this.keepChannel({ ...channel, name, recipients })
  }

  /** Starts or ends an outage of the guild, which only the gateway shows. */
  setUnavailable(guild: Guild, unavailable: boolean): void {
    if (unavailable) {
      this.unavailable.add(guild.id)
      this.emit({ name: 'GUILD_DELETE', guild, unavailable })
    } else if (this.unavailable.delete(guild.id)) {
      this.emit({ name: 'GUILD_CREATE', guild })
    }
  }

  /** Stores a new channel or thread and emits the event. */
  keepChannel(channel: Channel): Channel {
    this.channels.set(channel.id, channel)
    this.messages.set(channel.id, new Map())
    if (channel.thread) {
      this.emit({ name: 'THREAD_CREATE', channel, isNew: true })
    } else {
      this.emit({ name: 'CHANNEL_CREATE', channel })
    }
    return channel
  }

  /**
   * Deletes a channel or thread with its messages, files and threads, and emits the event. The bot
   * gets none for the threads of a deleted channel: github.com/discordjs/discord.js, issue 10883.
   */
  removeChannel(channel: Channel, withParent = false): void {
    for (const thread of this.channels.values()) {
      if (thread.thread && thread.parentId === channel.id) {
        this.removeChannel(thread, true)
      }
    }
    const messages = this.history(channel.id)
    this.channels.delete(channel.id)
    this.messages.delete(channel.id)
    for (const message of messages) {
      this.#removeFiles(message)
    }
    if (channel.thread) {
      this.emit({ name: 'THREAD_DELETE', channel, withParent })
    } else {
      this.emit({ name: 'CHANNEL_DELETE', channel })
    }
  }

  /** The guild's channels without threads, ordered by position. */
  channelsOf(guild: Guild): Channel[] {
    return [...this.channels.values()]
      .filter((channel) => channel.guildId === guild.id && !channel.thread)
      .toSorted((a, b) => a.position - b.position || compareIds(a.id, b.id))
  }

  /** The guild's threads, newest first. */
  threadsOf(guild: Guild): Channel[] {
    return [...this.channels.values()]
      .filter((channel) => channel.guildId === guild.id && channel.thread)
      .toSorted((a, b) => compareIds(b.id, a.id))
  }

  /** @throws {ApiError} 10003. */
  channel(id: string): Channel {
    const channel = this.channels.get(id)
    if (!channel) {
      throw refuse('unknownChannel')
    }
    return channel
  }

  /** The guild of a channel; null for direct messages. */
  guildOf(channel: Channel): Guild | null {
    return channel.guildId === null ? null : (this.guilds.get(channel.guildId) ?? null)
  }

  /** The membership of a user; undefined if not a member, or outside of guilds. */
  member(guildId: string | null, userId: string): Member | undefined {
    return this.guilds.get(guildId ?? '')?.members.get(userId)
  }

  /** The guilds that the user is in, oldest first. */
  guildsOf(userId: string): Guild[] {
    return [...this.guilds.values()].filter(({ members }) => members.has(userId))
  }

  /** @throws {ApiError} 10003 or 10008. */
  message(channelId: string, id: string): Message {
    this.channel(channelId)
    const message = this.messages.get(channelId)?.get(id)
    if (!message) {
      throw refuse('unknownMessage')
    }
    return message
  }

  /** @throws {ApiError} 10013. */
  user(id: string): User {
    const user = this.users.get(id)
    if (!user) {
      throw refuse('unknownUser')
    }
    return user
  }

  /** The channel's messages, oldest first. */
  history(channelId: string): Message[] {
    return [...(this.messages.get(channelId)?.values() ?? [])]
  }

  /** Stores a new message and emits the event; deletes the oldest beyond `keptMessages`. */
  post(message: Message): void {
    const channel = this.channel(message.channelId)
    const messages = this.messages.get(channel.id) ?? new Map<string, Message>()
    messages.set(message.id, message)
    if (channel.lastMessageId !== null && compareIds(channel.lastMessageId, message.id) > 0) {
      // Storing files takes time, so a message can arrive after a newer one.
      sortById(messages)
    } else {
      channel.lastMessageId = message.id
    }
    for (const oldest of messages.values()) {
      if (messages.size <= this.keptMessages) {
        break
      }
      this.forget(oldest)
    }
    this.emit({ name: 'MESSAGE_CREATE', message })
  }

  /** Changes a message and emits the event. */
  update(message: Message, changes: Partial<Message>): void {
    Object.assign(message, changes)
    this.emit({ name: 'MESSAGE_UPDATE', message })
  }

  /** Adds the previews of its links to a message and emits the event. */
  addPreviews(message: Message, previews: Message['previews']): void {
    message.previews = previews
    this.emit({ name: 'MESSAGE_UPDATE', message, bringsPreviews: true })
  }

  /** Deletes a message with its files, and emits the event. */
  remove(message: Message): void {
    this.forget(message)
    this.emit({ name: 'MESSAGE_DELETE', message })
  }

  /** Deletes a message with its files without an event; the caller emits it. */
  forget(message: Message): void {
    this.messages.get(message.channelId)?.delete(message.id)
    this.#removeFiles(message)
  }

  #removeFiles(message: Message): void {
    for (const file of filesOf(message)) {
      removeFile(this, file, message)
    }
  }

  /** Calls every listener. */
  emit(event: WorldEvent): void {
    this.#events.emit('happened', event)
  }

  /** Listens; the returned function stops it. */
  listen(listener: (event: WorldEvent) => void): () => void {
    this.#events.on('happened', listener)
    return () => this.#events.off('happened', listener)
  }
}

/**
 * What exists in the sandbox: people, one guild, channels, messages and the application.
 *
 * The world tells its listeners what happened (`WorldEvent`); the gateway and the page decide who
 * may hear it. It knows neither HTTP nor WebSocket.
 */

import { EventEmitter } from 'node:events'
import type { Clock } from './clock.ts'
import { CHANNEL_TYPE } from './constants.ts'
import { refuse } from './errors.ts'
import { Cdn, type StoredFile } from './files.ts'
import { compareIds, snowflakes } from './snowflake.ts'

/** A person or the bot. */
export type User = {
  readonly id: string
  readonly name: string
  readonly displayName: string
  readonly bot: boolean
}

/** A channel of the guild, or a direct-message channel between the two `recipients`. */
export type Channel = {
  readonly id: string
  readonly type: number
  readonly guildId: string | null
  readonly name: string
  readonly topic: string | null
  readonly recipients: readonly string[]
  lastMessageId: string | null
}

/** Where an application's message came from. */
export type MessageOrigin = {
  readonly interactionId: string
  readonly userId: string
  readonly commandName: string
}

/** A message as it is kept; `render.ts` makes Discord's form of it for a given reader. */
export type Message = {
  readonly id: string
  readonly channelId: string
  readonly guildId: string | null
  readonly type: number
  readonly authorId: string
  readonly timestampMs: number
  readonly nonce: string | number | undefined
  /** The message replied to; it may have been deleted since. */
  readonly replyTo: string | null
  /** Set for answers to interactions. */
  readonly origin: MessageOrigin | null
  /** The only person who sees it, for ephemeral messages. */
  readonly visibleTo: string | null
  content: string
  editedMs: number | null
  flags: number
  files: readonly StoredFile[]
  embeds: readonly object[]
  components: readonly object[]
  /** Ids of the users it pings. */
  mentions: readonly string[]
  mentionEveryone: boolean
}

/** A registered command as the API gives it; what the sandbox itself looks at is typed. */
export type Command = {
  readonly id: string
  readonly type: number
  readonly name: string
  readonly options: readonly { readonly name: string; readonly type: number }[]
  readonly [key: string]: unknown
}

/** The application under test, its bot user and its commands. */
export type Application = {
  readonly id: string
  readonly name: string
  readonly token: string
  readonly bot: User
  /** Whether the developer portal grants the Message Content intent. */
  messageContent: boolean
  /** By guild id; `''` holds the global ones. */
  readonly commands: Map<string, readonly Command[]>
}

/** What happened. Messages are rendered for each reader; other data is the same for all. */
export type WorldEvent =
  | { readonly name: 'MESSAGE_CREATE' | 'MESSAGE_UPDATE'; readonly message: Message }
  | { readonly name: 'MESSAGE_DELETE'; readonly message: Message }
  | { readonly name: 'TYPING_START'; readonly channel: Channel; readonly userId: string }
  | { readonly name: 'CHANNEL_CREATE'; readonly channel: Channel }
  | { readonly name: 'INTERACTION_CREATE'; readonly data: object; readonly guildId: string | null }
  /** Only people hear this one: "The application did not respond". */
  | { readonly name: 'INTERACTION_FAILED'; readonly interactionId: string; readonly userId: string }
  | { readonly name: 'COMMANDS_UPDATE' }

/** What a new world holds besides its defaults. */
export type WorldOptions = {
  readonly clock: Clock
  readonly token: string
  readonly botName: string
  readonly messageContent: boolean
}

/** The state of the sandbox. */
export class World {
  readonly clock: Clock
  readonly nextId: () => string
  readonly cdn: Cdn
  readonly users = new Map<string, User>()
  readonly channels = new Map<string, Channel>()
  readonly messages = new Map<string, Map<string, Message>>()
  readonly guild: { readonly id: string; readonly name: string; readonly ownerId: string }
  readonly application: Application
  readonly #events = new EventEmitter<{ happened: [WorldEvent] }>()

  constructor(options: WorldOptions) {
    this.clock = options.clock
    this.nextId = snowflakes(options.clock)
    this.cdn = new Cdn(options.clock)
    const bot = this.addUser(options.botName, options.botName, true)
    this.application = {
      id: bot.id,
      name: options.botName,
      token: options.token,
      bot,
      messageContent: options.messageContent,
      commands: new Map(),
    }
    const owner = this.addUser('ada', 'Ada', false)
    this.addUser('lin', 'Lin', false)
    this.guild = { id: this.nextId(), name: 'Sandbox', ownerId: owner.id }
    this.addChannel('general', 'Show Sightseer a picture and ask about it')
    this.addChannel('pictures', null)
  }

  /** Adds a person, or the bot. */
  addUser(name: string, displayName: string, bot: boolean): User {
    const user = { id: this.nextId(), name, displayName, bot }
    this.users.set(user.id, user)
    return user
  }

  /** Adds a text channel to the guild. */
  addChannel(name: string, topic: string | null): Channel {
    return this.#keepChannel({
      id: this.nextId(),
      type: CHANNEL_TYPE.guildText,
      guildId: this.guild.id,
      name,
      topic,
      recipients: [],
      lastMessageId: null,
    })
  }

  /** The direct-message channel of a person and the bot, opened at first use. */
  directChannel(userId: string): Channel {
    const known = [...this.channels.values()].find((c) => c.recipients.includes(userId))
    if (known) return known
    return this.#keepChannel({
      id: this.nextId(),
      type: CHANNEL_TYPE.dm,
      guildId: null,
      name: '',
      topic: null,
      recipients: [userId, this.application.bot.id],
      lastMessageId: null,
    })
  }

  #keepChannel(channel: Channel): Channel {
    this.channels.set(channel.id, channel)
    this.messages.set(channel.id, new Map())
    return channel
  }

  /** @throws {ApiError} 10003. */
  channel(id: string): Channel {
    const channel = this.channels.get(id)
    if (!channel) throw refuse('unknownChannel')
    return channel
  }

  /** @throws {ApiError} 10003 or 10008. */
  message(channelId: string, id: string): Message {
    this.channel(channelId)
    const message = this.messages.get(channelId)?.get(id)
    if (!message) throw refuse('unknownMessage')
    return message
  }

  /** @throws {ApiError} 10013. */
  user(id: string): User {
    const user = this.users.get(id)
    if (!user) throw refuse('unknownUser')
    return user
  }

  /** The channel's messages, oldest first. */
  history(channelId: string): Message[] {
    const messages = [...(this.messages.get(channelId)?.values() ?? [])]
    return messages.toSorted((a, b) => compareIds(a.id, b.id))
  }

  /** Keeps a new message and tells of it. */
  post(message: Message): void {
    this.messages.get(message.channelId)?.set(message.id, message)
    this.channel(message.channelId).lastMessageId = message.id
    this.tell({ name: 'MESSAGE_CREATE', message })
  }

  /** Changes a message and tells of it. */
  update(message: Message, changes: Partial<Message>): void {
    Object.assign(message, changes)
    this.tell({ name: 'MESSAGE_UPDATE', message })
  }

  /** Forgets a message with its files, and tells of it. */
  remove(message: Message): void {
    this.messages.get(message.channelId)?.delete(message.id)
    for (const file of message.files) this.cdn.remove(file)
    this.tell({ name: 'MESSAGE_DELETE', message })
  }

  /** Tells every listener. */
  tell(event: WorldEvent): void {
    this.#events.emit('happened', event)
  }

  /** Listens; the returned function stops it. */
  listen(listener: (event: WorldEvent) => void): () => void {
    this.#events.on('happened', listener)
    return () => this.#events.off('happened', listener)
  }
}

/** The user as the API describes them. */
export function renderUser(user: User) {
  return {
    id: user.id,
    username: user.name,
    discriminator: '0',
    global_name: user.bot ? null : user.displayName,
    avatar: null,
    bot: user.bot,
    public_flags: 0,
  }
}

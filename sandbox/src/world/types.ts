/**
 * The stored objects of the sandbox; `render/` converts them to Discord's format.
 *
 * Everything here is plain data (maps, sets and bigints included), so that it can be saved.
 * Permissions are bits of `PERMISSION` in permissions.ts; times are milliseconds since 1970.
 */

/** A person or the bot. */
export type User = {
  readonly id: string
  readonly name: string
  readonly displayName: string
  readonly bot: boolean
}

/** A role; the one whose id is the guild's is @everyone. */
export type Role = {
  readonly id: string
  readonly guildId: string
  name: string
  /** Decimal value of the RGB color; 0 is none. */
  color: number
  hoist: boolean
  /** 0 is @everyone; the role with the higher position ranks higher. */
  position: number
  permissions: bigint
  mentionable: boolean
  /** The bot whose managed role it is; a managed role cannot be assigned, removed or deleted. */
  readonly botId: string | null
}

/** A user's membership of a guild. */
export type Member = {
  readonly guildId: string
  readonly userId: string
  nick: string | null
  /** Ids, without @everyone. */
  roles: readonly string[]
  readonly joinedMs: number
  /** Until when the member is timed out; may lie in the past. */
  timeoutUntilMs: number | null
}

/** What a channel allows or denies a role (type 0) or a member (type 1). */
export type Overwrite = {
  readonly id: string
  readonly type: 0 | 1
  readonly allow: bigint
  readonly deny: bigint
}

/** One line of a guild's audit log. */
export type AuditEntry = {
  readonly id: string
  readonly guildId: string
  readonly action: number
  readonly userId: string
  readonly targetId: string | null
  readonly reason: string | null
  readonly changes: readonly AuditChange[]
  readonly options: Readonly<Record<string, string>> | null
}

/** One changed field of an audit-log entry, as the API gives it. */
export type AuditChange = {
  readonly key: string
  readonly old_value?: unknown
  readonly new_value?: unknown
}

/** A server. The bot is in it if it is among the members. */
export type Guild = {
  readonly id: string
  name: string
  description: string | null
  ownerId: string
  readonly roles: Map<string, Role>
  /** By user id. */
  readonly members: Map<string, Member>
  /** Banned users, with the reason. */
  readonly bans: Map<string, string | null>
  /** Oldest first. */
  readonly auditLog: AuditEntry[]
}

/** What a thread is besides a channel. Its parent is the channel's `parentId`. */
export type Thread = {
  readonly ownerId: string
  readonly createdMs: number
  /** By user id: when they joined. */
  readonly members: Map<string, number>
  archived: boolean
  /** When it was last archived or unarchived. */
  archivedMs: number
  /** Minutes without a message until it is archived: 60, 1440, 4320 or 10080. */
  autoArchiveMinutes: number
  locked: boolean
  /** Private threads only: whether non-moderators may add other users. */
  invitable: boolean
  /** Messages in it now, and ever sent; the starter message does not count. */
  messageCount: number
  totalMessages: number
}

/** A webhook. Its channel is the one that keeps it. */
export type Webhook = {
  readonly id: string
  /** 1 incoming, 2 channel follower. */
  readonly type: 1 | 2
  name: string
  /** Authenticates its requests; a follower has none. */
  readonly token: string | null
  /** Who created it; null for another application, such as a proxy bot. */
  readonly userId: string | null
  readonly applicationId: string | null
  /** The followed channel. */
  readonly sourceChannelId: string | null
}

/** A channel of a guild, a thread, or direct messages between two or more `recipients`. */
export type Channel = {
  readonly id: string
  readonly type: number
  readonly guildId: string | null
  name: string
  topic: string | null
  position: number
  /** The category of a channel, the channel of a thread. */
  parentId: string | null
  nsfw: boolean
  /** Seconds that a user must wait between two messages. */
  slowmodeS: number
  /** By the id of the role or member. Threads have none: their parent's apply. */
  readonly overwrites: Map<string, Overwrite>
  readonly recipients: readonly string[]
  /** By id. */
  readonly webhooks: Map<string, Webhook>
  /** Set for threads. */
  readonly thread: Thread | null
  lastMessageId: string | null
  lastPinMs: number | null
}

/** A registered command as the API returns it; the fields that the sandbox reads are typed. */
export type Command = {
  readonly id: string
  readonly type: number
  readonly name: string
  readonly options: readonly { readonly name: string; readonly type: number }[]
  readonly [key: string]: unknown
}

/** A sentence in the page's languages. */
export type AboutBot = { readonly en: string; readonly zh: string }

/** The models that the bot could answer with, which the page offers. */
export type BotModels = {
  readonly names: readonly string[]
  /** The one that answers now. */
  readonly current: string
  /**
   * Makes another one answer; resolves once it does.
   *
   * @throws {Error} whose message says to the person why it cannot; then the one before answers.
   */
  readonly use: (name: string) => Promise<void>
}

/** The application under test, its bot user and its commands. */
export type Application = {
  readonly id: string
  readonly name: string
  readonly token: string
  readonly bot: User
  /** Whether the developer portal grants the Message Content intent. */
  messageContent: boolean
  /** What its owner says of it in the page's welcome, by language; null: nothing. */
  about: AboutBot | null
  /** Null: the page offers none. */
  models: BotModels | null
  /** Whether the gateway has a connected session of it. */
  online: boolean
  /** People who installed it to their own account. */
  readonly installedBy: Set<string>
  /** People who blocked the bot. */
  readonly blockedBy: Set<string>
  /** By guild id; `''` holds the global ones. */
  readonly commands: Map<string, readonly Command[]>
}

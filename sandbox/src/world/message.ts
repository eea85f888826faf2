/** A message as the sandbox keeps it: plain data, so that it can be saved. */

import type { StoredFile } from './files.ts'

/** The interaction that an application's message answers. */
export type MessageOrigin = {
  readonly interactionId: string
  /** An interaction type: 2 command, 3 component, 5 modal. */
  readonly type: number
  readonly userId: string
  /** Of a command, with its subcommand: `memory show`. */
  readonly commandName: string | null
  /** Type of the command: 1 slash, 2 user, 3 message. */
  readonly commandType: number | null
  /** The user or message whose context menu it was. */
  readonly targetId: string | null
  /** By integration type (`0` guild, `1` user): whose installation let it happen. */
  readonly owners: Readonly<Record<string, string>>
  /** The message whose component was used. */
  readonly sourceMessageId: string | null
  /** Of a follow-up: the interaction's first answer. */
  readonly originalId: string | null
  /** Of an answer to a modal: the interaction that opened it. */
  readonly triggeredBy: MessageOrigin | null
}

/** What a message points at: a reply's target (type 0) or a forward's source (type 1). */
export type MessageReference = {
  readonly type: 0 | 1
  readonly messageId: string
  readonly channelId: string
  readonly guildId: string | null
}

/** What a forward shows: the message as it was then. */
export type MessageSnapshot = Pick<
  Message,
  'type' | 'content' | 'timestampMs' | 'editedMs' | 'flags' | 'files' | 'embeds' | 'components'
> & { readonly mentions: readonly string[]; readonly mentionRoles: readonly string[] }

/** A sticker as a message names it. */
export type StickerItem = {
  readonly id: string
  readonly name: string
  /** 1 PNG, 2 APNG, 3 Lottie, 4 GIF. */
  readonly format_type: number
}

/** Who reacted with one emoji, in order. */
export type Reaction = {
  /** Null for an emoji of Unicode. */
  readonly emojiId: string | null
  readonly emojiName: string
  readonly userIds: readonly string[]
}

/** A message; `render/message.ts` makes Discord's form of it for a given reader. */
export type Message = {
  readonly id: string
  readonly channelId: string
  readonly guildId: string | null
  readonly type: number
  readonly authorId: string
  readonly timestampMs: number
  readonly nonce: string | number | undefined
  /** What it replies to or forwards; that may have been deleted since. */
  readonly reference: MessageReference | null
  /** Of a forward. */
  readonly snapshots: readonly MessageSnapshot[]
  readonly stickers: readonly StickerItem[]
  /** Set for answers to interactions. */
  readonly origin: MessageOrigin | null
  /** The only person who sees it, for ephemeral messages. */
  readonly visibleTo: string | null
  content: string
  editedMs: number | null
  /** Its edits of the last hour, since it was an hour old; in milliseconds since 1970. */
  lateEditsMs?: readonly number[]
  flags: number
  files: readonly StoredFile[]
  embeds: readonly object[]
  components: readonly object[]
  /** Ids of the users it pings. */
  mentions: readonly string[]
  /** Ids of the roles it pings. */
  mentionRoles: readonly string[]
  mentionEveryone: boolean
  reactions: readonly Reaction[]
  /** When it was pinned, in milliseconds since 1970, or null. */
  pinnedMs: number | null
}

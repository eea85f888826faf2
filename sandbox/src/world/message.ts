/** A message as the sandbox stores it: plain data, so that it can be saved. */

import type { StoredFile } from '../cdn/files.ts'
import type { LinkPreview } from './links.ts'

/** The interaction that an application's message responds to. */
export type MessageOrigin = {
  readonly interactionId: string
  /** An interaction type: 2 command, 3 component, 5 modal. */
  readonly type: number
  readonly userId: string
  /** The command's full name with its subcommand: `memory show`. */
  readonly commandName: string | null
  /** Type of the command: 1 slash, 2 user, 3 message. */
  readonly commandType: number | null
  /** The user or message whose context menu it was. */
  readonly targetId: string | null
  /** By integration type (`0` guild, `1` user): who authorized it by an installation. */
  readonly owners: Readonly<Record<string, string>>
  /** The message whose component was used. */
  readonly sourceMessageId: string | null
  /** For a follow-up: the interaction's first response. */
  readonly originalId: string | null
  /** For a response to a modal: the interaction that opened it. */
  readonly triggeredBy: MessageOrigin | null
}

/** The webhook that sent a message, under the name that it had then. */
export type MessageWebhook = {
  readonly id: string
  readonly name: string
  readonly applicationId: string | null
}

/** A message reference: a reply's target (type 0) or a forward's source (type 1). */
export type MessageReference = {
  readonly type: 0 | 1
  readonly messageId: string
  readonly channelId: string
  readonly guildId: string | null
}

/** A message snapshot: the forwarded message as it was at that time. */
export type MessageSnapshot = Pick<
  Message,
  | 'type'
  | 'content'
  | 'timestampMs'
  | 'editedMs'
  | 'flags'
  | 'files'
  | 'embeds'
  | 'previews'
  | 'components'
  | 'stickers'
> & { readonly mentions: readonly string[]; readonly mentionRoles: readonly string[] }

/** A sticker item of a message. */
export type StickerItem = {
  readonly id: string
  readonly name: string
  /** 1 PNG, 2 APNG, 3 Lottie, 4 GIF. */
  readonly format_type: number
}

/** Who reacted with one emoji, in order. */
export type Reaction = {
  /** Null for a Unicode emoji. */
  readonly emojiId: string | null
  readonly emojiName: string
  readonly userIds: readonly string[]
}

/** A message; `render/message.ts` renders it for a given reader. */
export type Message = {
  readonly id: string
  readonly channelId: string
  readonly guildId: string | null
  readonly type: number
  /** The id of a user, or of a webhook. */
  readonly authorId: string
  /** Set for a message of a webhook. */
  readonly webhook: MessageWebhook | null
  readonly timestampMs: number
  readonly nonce: string | number | undefined
  /** The message that it replies to or forwards, which may have been deleted since. */
  readonly reference: MessageReference | null
  /** Set for forwards. */
  readonly snapshots: readonly MessageSnapshot[]
  readonly stickers: readonly StickerItem[]
  /** Set for answers to interactions. */
  readonly origin: MessageOrigin | null
  /** The only user who sees it, for ephemeral messages. */
  readonly visibleTo: string | null
  content: string
  editedMs: number | null
  /** Its edits of the last hour, since it was an hour old; in milliseconds since 1970. */
  lateEditsMs?: readonly number[]
  flags: number
  files: readonly StoredFile[]
  embeds: readonly object[]
  /** The previews of the links in its content. */
  previews: readonly LinkPreview[]
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

/**
 * Creates and edits messages: of members, of the bot, and as responses to interactions.
 *
 * Source: developers/resources/message.mdx.
 */

import { isJson } from '../protocol/field-checks.ts'
import { flatten } from './components/components.ts'
import { MESSAGE_FLAG, MESSAGE_TYPE } from '../protocol/constants.ts'
import { refuse } from '../protocol/errors.ts'
import { pings } from './mentions.ts'
import type { Message, MessageOrigin, MessageReference, MessageWebhook } from '../world/message.ts'
import type { MessageBody } from './body.ts'
import { keepFiles, refuseUnknownNames, storeFiles } from './media.ts'
import { channelPermissions, holds } from '../world/permissions.ts'
import { previewLater, previewsAtOnce } from './link-previews.ts'
import { FORWARD, pointedAt, referenceTo, snapshotOf } from './references.ts'
import { stickerItems } from './stickers.ts'
import { checkVoice, isVoice } from './voice.ts'
import { removeFile } from '../world/message-files.ts'
import type { World } from '../world/world.ts'
import type { Channel } from '../world/types.ts'

/** How long a nonce is valid, in milliseconds: "a few minutes". */
const NONCE_LIFE_MS = 3 * 60 * 1000

/** Flags that an application may set on its own message. */
const SETTABLE_FLAGS =
  MESSAGE_FLAG.suppressEmbeds |
  MESSAGE_FLAG.suppressNotifications |
  MESSAGE_FLAG.voiceMessage |
  MESSAGE_FLAG.componentsV2

/** The fields of a new message, with its body. */
export type NewMessage = {
  readonly channel: Channel
  readonly authorId: string
  readonly body: MessageBody
  /** The path of the body in the request, for the paths of errors. */
  readonly base?: string
  readonly origin?: MessageOrigin
  /** The webhook that sends it; the author is then its id. */
  readonly webhook?: MessageWebhook
  /** The message that it refers to by default: a component's message, or a menu's target. */
  readonly reference?: MessageReference | null
  readonly visibleTo?: string | null
  /** Flags that the sandbox itself sets. */
  readonly flags?: number
}

/**
 * Sends a message.
 *
 * @throws {ApiError} 50006 if it is empty, 50035 if it shows a missing file, and what `pointedAt`
 *   and `checkVoice` throw.
 */
export async function createMessage(world: World, newMessage: NewMessage): Promise<Message> {
  const { channel, authorId, body } = newMessage
  const flags = ((body.flags ?? 0) & SETTABLE_FLAGS) | (newMessage.flags ?? 0)
  checkVoice(world, newMessage, body)
  const source = pointedAt(world, { ...newMessage, pointer: body.pointer })
  const snapshots = body.pointer?.type === FORWARD && source ? [snapshotOf(source)] : []
  const stickers = stickerItems(body.stickerIds)
  const content = (body.content ?? '').trim()
  const contents = { content, embeds: body.embeds ?? [], components: body.components ?? [] }
  const other = body.uploads.length + snapshots.length + stickers.length
  if ((flags & MESSAGE_FLAG.loading) === 0) {
    refuseEmpty(contents, other)
  }
  const duplicate = body.enforceNonce ? sentBefore(world, newMessage) : undefined
  if (duplicate) {
    return duplicate
  }
  const id = world.nextId()
  const files = await storeFiles(world, channel.id, body.uploads)
  // Another message with that nonce may have been sent while the files were stored.
  const meanwhile = body.enforceNonce ? sentBefore(world, newMessage) : undefined
  if (meanwhile) {
    return meanwhile
  }
  refuseUnknownNames(contents.components, files, newMessage.base)
  const reference = referenceTo(source, body.pointer) ?? newMessage.reference ?? null
  const message: Message = {
    id,
    channelId: channel.id,
    guildId: channel.guildId,
    type: typeOf(newMessage, reference),
    authorId,
    webhook: newMessage.webhook ?? null,
    timestampMs: world.clock.now(),
    nonce: body.nonce,
    reference,
    snapshots,
    stickers,
    origin: newMessage.origin ?? null,
    visibleTo: newMessage.visibleTo ?? null,
    ...contents,
    editedMs: null,
    flags: snapshots.length > 0 ? flags | MESSAGE_FLAG.hasSnapshot : flags,
    files,
    previews: [],
    reactions: [],
    pinnedMs: null,
    ...pingsOf(world, channel, authorId, {
      ...contents,
      allowed: body.allowedMentions,
      replied: body.pointer?.type === FORWARD ? undefined : repliedUser(source),
    }),
  }
  message.previews = previewsAtOnce(world, message)
  world.post(message)
  previewLater(world, message)
  return message
}

/** Options of an edit. */
export type EditOptions = { readonly base?: string; readonly keepsTime?: boolean }

/**
 * Edits a message; absent fields stay as they are.
 *
 * @throws {ApiError} 50006 if it would be empty, 50035 as `createMessage`, 50162 for a voice message.
 */
export async function editMessage(
  world: World,
  message: Message,
  body: MessageBody,
  options: EditOptions = {},
): Promise<Message> {
  if (isVoice(message.flags)) {
    throw refuse('voiceEdited')
  }
  const content = body.content === undefined ? message.content : body.content.trim()
  const embeds = body.embeds ?? message.embeds
  const components = body.components ?? message.components
  const keptFiles = keepFiles(message.files, body.keptFiles, embeds)
  const contents = { content, embeds, components }
  refuseEmpty(contents, keptFiles.length + body.uploads.length + message.stickers.length)
  const added = await storeFiles(world, message.channelId, body.uploads)
  const files = [...keptFiles, ...added]
  refuseUnknownNames(components, files, options.base)
  for (const file of message.files) {
    if (!keptFiles.some(({ id }) => id === file.id)) {
      removeFile(world, file, message)
    }
  }
  const loading = (message.flags & MESSAGE_FLAG.loading) !== 0
  const target = targetOf(world, message)
  const channel = world.channel(message.channelId)
  const flags = editedFlags(message.flags, body.flags)
  world.update(message, {
    ...contents,
    files,
    previews: previewsAtOnce(world, { ...message, content, flags }),
    // The first response to a deferred interaction does not count as an edit.
    editedMs: loading ? null : world.clock.now(),
    flags,
    ...pingsOf(world, channel, message.authorId, {
      ...contents,
      allowed: body.allowedMentions,
      replied: repliedUser(target),
    }),
  })
  previewLater(world, message)
  return message
}

/** An edit can set only these two flags, and cannot unset Components V2. */
function editedFlags(before: number, given: number | undefined): number {
  const otherFlags = before & ~MESSAGE_FLAG.loading
  if (given === undefined) {
    return otherFlags
  }
  const { suppressEmbeds, componentsV2 } = MESSAGE_FLAG
  return (otherFlags & ~suppressEmbeds) | (given & (suppressEmbeds | componentsV2))
}

function targetOf(world: World, message: Message): Message | undefined {
  const { reference } = message
  if (reference?.type !== 0 || message.type !== MESSAGE_TYPE.reply) {
    return undefined
  }
  return world.messages.get(reference.channelId)?.get(reference.messageId)
}

type Shown = Pick<Message, 'content' | 'embeds' | 'components'>

function refuseEmpty({ content, embeds, components }: Shown, other: number): void {
  if (content === '' && other === 0 && embeds.length === 0 && components.length === 0) {
    throw refuse('emptyMessage')
  }
}

function typeOf({ origin, webhook }: NewMessage, reference: MessageReference | null): number {
  if (origin?.commandType === 1) {
    return MESSAGE_TYPE.chatInputCommand
  }
  if (origin?.commandType) {
    return MESSAGE_TYPE.contextMenuCommand
  }
  // That of a webhook refers to what it crossposts.
  return reference?.type === 0 && !webhook ? MESSAGE_TYPE.reply : MESSAGE_TYPE.default
}

function sentBefore(world: World, { channel, authorId, body }: NewMessage): Message | undefined {
  if (body.nonce === undefined) {
    return undefined
  }
  const since = world.clock.now() - NONCE_LIFE_MS
  return world
    .history(channel.id)
    .findLast((m) => m.authorId === authorId && m.nonce === body.nonce && m.timestampMs >= since)
}

/** A webhook is no user and cannot be pinged. */
function repliedUser(target: Message | undefined): string | undefined {
  return target && target.webhook === null ? target.authorId : undefined
}

type Pinging = Shown & {
  readonly allowed: MessageBody['allowedMentions']
  readonly replied: string | undefined
}

function pingsOf(world: World, channel: Channel, authorId: string, shown: Pinging) {
  const guild = world.guildOf(channel)
  return pings(textOf(shown), shown.allowed, {
    users: world.users,
    roles: guild?.roles ?? new Map(),
    // A webhook has no permissions and needs none.
    everyone:
      !world.users.has(authorId) ||
      holds(channelPermissions(world, channel, authorId), 'mentionEveryone'),
    replied: shown.replied,
  })
}

/** The text of a message: its content and its text displays. */
export function textOf({ content, components }: Pick<Shown, 'content' | 'components'>): string {
  const texts = components.filter(isJson).flatMap(flatten)
  return [content, ...texts.map((component) => component['content'])]
    .filter((text) => typeof text === 'string')
    .join('\n')
}

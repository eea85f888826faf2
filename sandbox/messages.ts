/**
 * Messages as they are sent and edited, by people, by the bot, and as answers to interactions.
 *
 * Source: developers/resources/message.mdx.
 */

import { Checks, isJson, type Json } from './checks.ts'
import { MAX_CONTENT, MAX_FILE_BYTES, MAX_FILES, MESSAGE_FLAG, MESSAGE_TYPE } from './constants.ts'
import { refuse } from './errors.ts'
import type { StoredFile, Upload } from './files.ts'
import { mentionedIn } from './mentions.ts'
import type { Message, MessageOrigin } from './message.ts'
import type { Channel, World } from './world.ts'

/** Longest alternative text of an attachment. */
const MAX_DESCRIPTION = 1024

/** Flags that an application may set on its own message. */
const SETTABLE_FLAGS =
  MESSAGE_FLAG.suppressEmbeds | MESSAGE_FLAG.suppressNotifications | MESSAGE_FLAG.componentsV2

/** A checked body of a message. Absent fields are undefined. */
export type MessageBody = {
  readonly content: string | undefined
  readonly embeds: readonly Json[] | undefined
  readonly components: readonly Json[] | undefined
  readonly flags: number | undefined
  readonly nonce: string | number | undefined
  readonly replyTo: string | undefined
  readonly failIfMissing: boolean
  readonly allowedMentions: AllowedMentions | undefined
  /** Ids of existing attachments to keep; undefined keeps all of them. */
  readonly keptFiles: readonly string[] | undefined
  readonly uploads: readonly Upload[]
}

/** Whom a message may ping. */
export type AllowedMentions = {
  readonly parse: readonly string[]
  readonly users: readonly string[]
  readonly repliedUser: boolean
}

/** A file of a multipart request by its number: `files[0]` is 0. */
export type Files = ReadonlyMap<string, Upload>

/**
 * Reads a message's body.
 *
 * @throws {ApiError} 50035 with the fields' paths, or 40005.
 */
export function readMessageBody(body: Json, files: Files): MessageBody {
  const checks = new Checks()
  if (files.size > MAX_FILES) {
    checks.fail('files', 'BASE_TYPE_MAX_LENGTH', `Must be ${MAX_FILES} or fewer in length.`)
  }
  const listed = checks.list(body, 'attachments', MAX_FILES)
  const described = new Map<string, Json>()
  listed?.forEach((item, i) => {
    const id = checks.id(item, 'id', `attachments.${i}.id`)
    checks.text(item, 'description', { max: MAX_DESCRIPTION }, `attachments.${i}.description`)
    if (id !== undefined) described.set(id, item)
  })
  const reference = isJson(body['message_reference']) ? body['message_reference'] : {}
  const nonce = body['nonce']
  const result: MessageBody = {
    content: checks.text(body, 'content', { max: MAX_CONTENT }),
    embeds: checks.list(body, 'embeds', 10),
    components: checks.list(body, 'components', 40),
    flags: checks.whole(body, 'flags'),
    nonce: typeof nonce === 'string' || typeof nonce === 'number' ? nonce : undefined,
    replyTo: checks.id(reference, 'message_id', 'message_reference.message_id'),
    failIfMissing: reference['fail_if_not_exists'] !== false,
    allowedMentions: readAllowedMentions(body['allowed_mentions'], checks),
    keptFiles: listed && [...described.keys()].filter((id) => !files.has(id)),
    uploads: [...files].map(([number, file]) => describeUpload(file, described.get(number))),
  }
  checks.done()
  if (result.uploads.some((file) => file.bytes.length > MAX_FILE_BYTES)) {
    throw refuse('entityTooLarge')
  }
  return result
}

function describeUpload(file: Upload, details: Json | undefined): Upload {
  return {
    bytes: file.bytes,
    name: typeof details?.['filename'] === 'string' ? details['filename'] : file.name,
    description: typeof details?.['description'] === 'string' ? details['description'] : undefined,
    spoiler: details?.['is_spoiler'] === true,
  }
}

function readAllowedMentions(value: unknown, checks: Checks): AllowedMentions | undefined {
  if (!isJson(value)) return undefined
  const parse = Array.isArray(value['parse']) ? value['parse'].map(String) : []
  const users = Array.isArray(value['users']) ? value['users'].map(String) : []
  if (parse.includes('users') && users.length > 0) {
    checks.fail(
      'allowed_mentions',
      'MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE',
      'parse:["users"] and users: [ids...] are mutually exclusive.',
    )
  }
  return { parse, users, repliedUser: value['replied_user'] === true }
}

/** What a new message is besides its body. */
export type NewMessage = {
  readonly channel: Channel
  readonly authorId: string
  readonly body: MessageBody
  readonly origin?: MessageOrigin
  readonly visibleTo?: string | null
  /** Flags that the sandbox itself sets. */
  readonly flags?: number
}

/**
 * Sends a message.
 *
 * @throws {ApiError} 50006 when there is nothing in it, 50035 when it replies to nothing.
 */
export async function createMessage(world: World, fresh: NewMessage): Promise<Message> {
  const { channel, authorId, body, origin = null } = fresh
  const flags = ((body.flags ?? 0) & SETTABLE_FLAGS) | (fresh.flags ?? 0)
  const content = (body.content ?? '').trim()
  if ((flags & MESSAGE_FLAG.loading) === 0) refuseEmpty(content, body, body.uploads.length)
  const target = replyTarget(world, channel, body)
  const id = world.nextId()
  const files = await storeFiles(world, channel.id, body.uploads)
  const message: Message = {
    id,
    channelId: channel.id,
    guildId: channel.guildId,
    type: origin
      ? MESSAGE_TYPE.chatInputCommand
      : target
        ? MESSAGE_TYPE.reply
        : MESSAGE_TYPE.default,
    authorId,
    timestampMs: world.clock.now(),
    nonce: body.nonce,
    reference: target
      ? { type: 0, messageId: target.id, channelId: channel.id, guildId: channel.guildId }
      : null,
    snapshots: [],
    stickers: [],
    mentionRoles: [],
    reactions: [],
    pinnedMs: null,
    origin,
    visibleTo: fresh.visibleTo ?? null,
    content,
    editedMs: null,
    flags,
    files,
    embeds: body.embeds ?? [],
    components: body.components ?? [],
    ...mentionsOf(world, content, body.allowedMentions, target),
  }
  world.post(message)
  return message
}

/**
 * Edits a message; absent fields stay as they are.
 *
 * @throws {ApiError} 50006 when nothing would be left in it.
 */
export async function editMessage(
  world: World,
  message: Message,
  body: MessageBody,
): Promise<Message> {
  const content = body.content === undefined ? message.content : body.content.trim()
  const kept = message.files.filter((file) => body.keptFiles?.includes(file.id) ?? true)
  const added = await storeFiles(world, message.channelId, body.uploads)
  const changed = {
    embeds: body.embeds ?? message.embeds,
    components: body.components ?? message.components,
  }
  refuseEmpty(content, changed, kept.length + added.length)
  const target = targetOf(world, message)
  world.update(message, {
    content,
    files: [...kept, ...added],
    embeds: changed.embeds,
    components: changed.components,
    // The first answer to an interaction is no edit in a reader's eyes.
    editedMs: (message.flags & MESSAGE_FLAG.loading) === 0 ? world.clock.now() : null,
    flags: (message.flags & ~MESSAGE_FLAG.loading) | ((body.flags ?? 0) & SETTABLE_FLAGS),
    ...mentionsOf(world, content, body.allowedMentions, target),
  })
  return message
}

function targetOf(world: World, message: Message): Message | undefined {
  return world.messages.get(message.channelId)?.get(message.reference?.messageId ?? '')
}

function refuseEmpty(
  content: string,
  body: {
    readonly embeds?: readonly object[] | undefined
    readonly components?: readonly object[] | undefined
  },
  files: number,
): void {
  if (content === '' && files === 0 && !body.embeds?.length && !body.components?.length) {
    throw refuse('emptyMessage')
  }
}

function replyTarget(world: World, channel: Channel, body: MessageBody): Message | undefined {
  if (body.replyTo === undefined) return undefined
  const known = world.messages.get(channel.id)?.get(body.replyTo)
  // Nobody can reply to an ephemeral message, not even the one who sees it.
  const target = known?.visibleTo === null ? known : undefined
  if (!target && body.failIfMissing) {
    const checks = new Checks()
    checks.fail('message_reference', 'REPLIES_UNKNOWN_MESSAGE', 'Unknown message')
    checks.done()
  }
  return target
}

async function storeFiles(
  world: World,
  channelId: string,
  uploads: readonly Upload[],
): Promise<readonly StoredFile[]> {
  const folder = `attachments/${channelId}`
  return Promise.all(uploads.map((upload) => world.cdn.add(world.nextId(), folder, upload)))
}

// Without `allowed_mentions` everything written pings, and so does a reply.
function mentionsOf(
  world: World,
  content: string,
  allowed: AllowedMentions | undefined,
  target: Message | undefined,
): Pick<Message, 'mentions' | 'mentionEveryone'> {
  const named = mentionedIn(content).filter((id) => world.users.has(id))
  const written = named.filter(
    (id) => !allowed || allowed.parse.includes('users') || allowed.users.includes(id),
  )
  const replied = target && (allowed?.repliedUser ?? true) ? [target.authorId] : []
  return {
    mentions: [...new Set([...written, ...replied])],
    mentionEveryone:
      /@(everyone|here)\b/.test(content) && (!allowed || allowed.parse.includes('everyone')),
  }
}

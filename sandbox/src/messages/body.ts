/**
 * Reads and validates the body of a new or edited message, without side effects.
 *
 * Source: developers/resources/message.mdx, "Create Message" and "Edit Message".
 */

import type { Files, Upload } from '../protocol/body.ts'
import { Checks, isJson } from '../protocol/field-checks.ts'
import type { Json } from '../protocol/field-checks.ts'
import { readComponents } from './components/components.ts'
import { MAX_CONTENT, MAX_FILE_BYTES, MAX_FILES, MESSAGE_FLAG } from '../protocol/constants.ts'
import { readEmbeds } from './embeds.ts'
import { refuse } from '../protocol/errors.ts'
import { readAllowedMentions } from './mentions.ts'
import type { AllowedMentions } from './mentions.ts'
import type { Message } from '../world/message.ts'

/** Longest alternative text of an attachment. */
const MAX_DESCRIPTION = 1024

const MAX_STICKERS = 3
const MAX_NONCE = 25

/** A message reference in a body. */
export type Pointer = {
  /** 0 reply, 1 forward. */
  readonly type: number
  readonly messageId: string
  readonly channelId: string | undefined
  readonly failIfMissing: boolean
}

/** An existing attachment to keep, with its changed fields. */
export type KeptFile = {
  readonly id: string
  readonly description: string | null | undefined
  readonly spoiler: boolean | undefined
}

/** A checked body of a message. Absent fields are undefined; null ones are empty. */
export type MessageBody = {
  readonly content: string | undefined
  readonly embeds: readonly Json[] | undefined
  readonly components: readonly Json[] | undefined
  readonly flags: number | undefined
  readonly nonce: string | number | undefined
  readonly enforceNonce: boolean
  readonly pointer: Pointer | undefined
  readonly allowedMentions: AllowedMentions | undefined
  readonly stickerIds: readonly string[]
  /** Existing attachments to keep; undefined keeps all of them. */
  readonly keptFiles: readonly KeptFile[] | undefined
  readonly uploads: readonly Upload[]
}

/** Options for reading a body. */
export type BodyOptions = {
  /** The path of the body in the request: `data` in an interaction callback. */
  readonly base?: string
  /** The message before the edit. */
  readonly before?: Message
  /** Longest content in code points, default that of a user without Nitro. */
  readonly maxContent?: number
}

/**
 * Reads a message's body.
 *
 * @throws {ApiError} 50035 with the fields' paths, or 40005.
 */
export function readMessageBody(body: Json, files: Files, options: BodyOptions = {}): MessageBody {
  const checks = new Checks(options.base)
  const max = options.maxContent ?? MAX_CONTENT
  const flags = checks.whole(body, 'flags')
  const v2 = (((flags ?? 0) | (options.before?.flags ?? 0)) & MESSAGE_FLAG.componentsV2) !== 0
  if (files.size > MAX_FILES) {
    checks.fail('files', 'BASE_TYPE_MAX_LENGTH', `Must be ${MAX_FILES} or fewer in length.`)
  }
  const { described, kept } = readAttachments(body, files, checks, options.before)
  const result: MessageBody = {
    content: body['content'] === null ? '' : checks.text(body, 'content', { max }),
    embeds: readEmbeds(body, checks),
    components: readComponents(body, checks, v2),
    flags,
    nonce: readNonce(body, checks),
    enforceNonce: checks.flag(body, 'enforce_nonce') ?? false,
    pointer: readPointer(body, checks),
    allowedMentions: readAllowedMentions(body, checks),
    stickerIds: checks.ids(body, 'sticker_ids', MAX_STICKERS) ?? [],
    keptFiles: kept,
    uploads: [...files].map(([number, file]) => describeUpload(file, described.get(number))),
  }
  refusePoll(body, checks)
  if (v2) {
    refuseLegacy(result, options.before, checks)
  }
  checks.done()
  if (result.uploads.some((file) => file.bytes.length > MAX_FILE_BYTES)) {
    throw refuse('entityTooLarge')
  }
  return result
}

function readNonce(body: Json, checks: Checks): string | number | undefined {
  const { nonce } = body
  if (typeof nonce === 'number') {
    return checks.whole(body, 'nonce')
  }
  return checks.text(body, 'nonce', { max: MAX_NONCE })
}

function readPointer(body: Json, checks: Checks): Pointer | undefined {
  const reference = body['message_reference']
  if (reference === undefined || reference === null) {
    return undefined
  }
  const at = 'message_reference'
  if (!isJson(reference)) {
    checks.fail(at, 'MODEL_TYPE_CONVERT', 'Only dictionaries may be used in a ModelType')
    return undefined
  }
  const type =
    reference['type'] === undefined ? 0 : checks.choice(reference, 'type', [0, 1], `${at}.type`)
  const messageId = checks.id(reference, 'message_id', `${at}.message_id`)
  const channelId = checks.id(reference, 'channel_id', `${at}.channel_id`)
  if (messageId === undefined) {
    checks.missing(`${at}.message_id`)
  }
  if (type === 1 && channelId === undefined) {
    checks.missing(`${at}.channel_id`)
  }
  const failIfMissing =
    checks.flag(reference, 'fail_if_not_exists', `${at}.fail_if_not_exists`) ?? true
  return { type: type ?? 0, messageId: messageId ?? '', channelId, failIfMissing }
}

/** In `attachments`, new files are referred to by their number in the form, existing ones by id. */
function readAttachments(body: Json, files: Files, checks: Checks, before: Message | undefined) {
  const listed = body['attachments'] === null ? [] : checks.list(body, 'attachments', MAX_FILES)
  const described = new Map<string, Json>()
  const keptFiles: KeptFile[] = []
  listed?.forEach((item, i) => {
    const at = `attachments.${i}`
    const id = checks.id(item, 'id', `${at}.id`)
    const description = checks.text(
      item,
      'description',
      { max: MAX_DESCRIPTION },
      `${at}.description`,
    )
    checks.text(item, 'filename', { min: 1, max: 1024 }, `${at}.filename`)
    const spoiler = checks.flag(item, 'is_spoiler', `${at}.is_spoiler`)
    if (item['id'] === undefined || item['id'] === null) {
      checks.missing(`${at}.id`)
    }
    if (id === undefined) {
      return
    }
    if (files.has(id)) {
      described.set(id, item)
    } else if (before?.files.some((file) => file.id === id)) {
      keptFiles.push({
        id,
        description: item['description'] === null ? null : description,
        spoiler,
      })
    } else {
      const sentence = `Attachment data for id ${id} was not found`
      checks.fail(`${at}.id`, 'ATTACHMENT_NOT_FOUND', sentence)
    }
  })
  return { described, kept: listed && keptFiles }
}

function describeUpload(file: Upload, details: Json | undefined): Upload {
  return {
    bytes: file.bytes,
    name: typeof details?.['filename'] === 'string' ? details['filename'] : file.name,
    description: typeof details?.['description'] === 'string' ? details['description'] : undefined,
    spoiler: details?.['is_spoiler'] === true,
    durationS:
      typeof details?.['duration_secs'] === 'number' ? details['duration_secs'] : undefined,
    waveform: typeof details?.['waveform'] === 'string' ? details['waveform'] : undefined,
  }
}

/** The sandbox has no polls, and rejects them instead of dropping them from the message. */
function refusePoll(body: Json, checks: Checks): void {
  if (body['poll'] === undefined || body['poll'] === null) {
    return
  }
  checks.fail('poll', 'SANDBOX_NO_POLLS', 'This sandbox has no polls.')
}

function refuseLegacy(body: MessageBody, before: Message | undefined, checks: Checks): void {
  const converted = before && (before.flags & MESSAGE_FLAG.componentsV2) === 0 ? before : undefined
  const used = {
    content: (body.content ?? converted?.content ?? '') !== '',
    embeds: (body.embeds ?? converted?.embeds ?? []).length > 0,
    sticker_ids: body.stickerIds.length > 0 || (converted?.stickers ?? []).length > 0,
  }
  for (const [key, is] of Object.entries(used)) {
    if (!is) {
      continue
    }
    checks.fail(
      key,
      'MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2',
      `The '${key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2`,
    )
  }
}

/**
 * What a message itself brings: pictures, something that the bot cannot read, a link whose preview
 * is still to come, or none of these. Everything that looks for the pictures of a message asks here,
 * so that a message with a video or a text file is never taken for one without anything, and
 * answered about an older picture.
 */

import {
  type Attachment,
  type Message,
  MessageFlags,
  type MessageSnapshot,
  PermissionFlagsBits,
  StickerFormatType,
} from 'discord.js'
import { quoted } from '../../commands/answer-text.ts'
import type { FoundPicture } from '../../commands/picture.ts'
import { InputError } from '../../config/errors.ts'
import { emojiIn, isAboutEmoji, picturesIn } from '../discord/message-pictures.ts'
import { withoutCode } from './addressing.ts'

/** What the bot cannot read, and which of its things it is. */
export type Unreadable =
  | { readonly what: 'file'; readonly name: string; readonly type: FileType }
  | { readonly what: 'sticker'; readonly name: string }
  | { readonly what: 'forward' }
  /** Discord shows no picture of it. */
  | { readonly what: 'link' }

/** The types of files that have a sentence of their own. */
export type FileType = 'video' | 'audio' | 'svg' | 'other'

export type MessageSubject =
  | { readonly kind: 'pictures'; readonly pictures: readonly FoundPicture[] }
  | { readonly kind: 'unreadable'; readonly unreadable: Unreadable }
  /** Discord adds the previews of links after it has delivered the message. */
  | { readonly kind: 'preview' }
  /** The links of other messages, as they were written. */
  | { readonly kind: 'message-link'; readonly link: string }
  | { readonly kind: 'none' }

/** Discord adds no more previews than this to a message. */
const MAX_PREVIEWS = 5
const MAX_NAME = 80
/** In angle brackets a link has no preview. */
const LINK = /(<)?https?:\/\/[^\s<>]+/g
const MESSAGE_LINK = /^https?:\/\/[^/\s]+\/channels\/(?:\d+|@me)\/\d+\/\d+/

/** What a message is about, as far as it says itself. */
export function subjectOf(message: Message): MessageSubject {
  const pictures = picturesIn(message)
  if (pictures.length > 0) {
    return { kind: 'pictures', pictures }
  }
  const snapshots = [...(message.messageSnapshots?.values() ?? [])]
  const unreadable = [message, ...snapshots].map(unreadableIn).find((one) => one !== undefined)
  if (unreadable) {
    return { kind: 'unreadable', unreadable }
  }
  const links = linksIn(message)
  const shown = message.embeds.length
  const expected = Math.min(links.previewed, MAX_PREVIEWS)
  if (shown < expected && getsPreviews(message)) {
    return { kind: 'preview' }
  }
  if (links.message !== undefined) {
    return { kind: 'message-link', link: links.message }
  }
  if (snapshots.length > 0) {
    return { kind: 'unreadable', unreadable: { what: 'forward' } }
  }
  return links.any || shown > 0
    ? { kind: 'unreadable', unreadable: { what: 'link' } }
    : { kind: 'none' }
}

/**
 * What a message is about that asks the bot something: its custom emoji too, where it has no picture and
 * its text is about them.
 *
 * @param text of the message, without mentions of the bot.
 */
export function askedSubjectOf(message: Message, text: string): MessageSubject {
  const subject = subjectOf(message)
  const emoji = subject.kind === 'none' && isAboutEmoji(text) ? emojiIn(message) : []
  return emoji.length > 0 ? { kind: 'pictures', pictures: emoji } : subject
}

/** The error that says what cannot be read, and why. */
export function unreadableError(unreadable: Unreadable): InputError {
  switch (unreadable.what) {
    case 'file': {
      const { type } = unreadable
      return new InputError('message/unreadable-file', {
        name: quoted(unreadable.name, MAX_NAME),
        type,
      })
    }
    case 'sticker':
      return new InputError('message/unreadable-sticker', {
        name: quoted(unreadable.name, MAX_NAME),
      })
    case 'forward':
      return new InputError('message/forward-without-picture')
    default:
      return new InputError('message/link-without-picture')
  }
}

/**
 * The pictures of a message that a person pointed at, or the custom emoji of one without pictures.
 *
 * @throws {InputError} that says what the message has instead.
 */
export function requirePictures(message: Message): readonly FoundPicture[] {
  const subject = subjectOf(message)
  switch (subject.kind) {
    case 'pictures':
      return subject.pictures
    case 'unreadable':
      throw unreadableError(subject.unreadable)
    case 'preview':
      throw unreadableError({ what: 'link' })
    default: {
      const emoji = emojiIn(message)
      if (emoji.length === 0) {
        throw new InputError('image/none-in-message')
      }
      return emoji
    }
  }
}

function unreadableIn(holder: Message | MessageSnapshot): Unreadable | undefined {
  const [file] = holder.attachments.values()
  if (file) {
    return { what: 'file', name: file.name, type: fileTypeOf(file) }
  }
  const sticker = holder.stickers?.find(({ format }) => format === StickerFormatType.Lottie)
  return sticker && { what: 'sticker', name: sticker.name }
}

function fileTypeOf({ contentType, name }: Attachment): FileType {
  const type = contentType?.toLowerCase() ?? ''
  if (type.startsWith('image/svg') || /\.svgz?$/i.test(name)) {
    return 'svg'
  }
  const kinds = ['video', 'audio'] as const
  return kinds.find((kind) => type.startsWith(`${kind}/`)) ?? 'other'
}

/** The links in the text: of messages, those that get a preview, and whether there are any others. */
function linksIn({ content }: Message) {
  const links = [...withoutCode(content).matchAll(LINK)].map(([link, bracket]) => ({
    bracketed: bracket !== undefined,
    url: bracket === undefined ? link : link.slice(1),
  }))
  const others = links.filter(({ url }) => !MESSAGE_LINK.test(url))
  const previewed = others.filter(({ bracketed }) => !bracketed).map(({ url }) => url)
  return {
    message: links.find(({ url }) => MESSAGE_LINK.test(url))?.url,
    previewed: new Set(previewed).size,
    any: others.length > 0,
  }
}

/** Discord adds previews unless they were switched off, or the author may not have any. */
function getsPreviews(message: Message): boolean {
  const { flags, author } = message
  // Where only a person installed the bot, the channel is unknown.
  const channel: Message['channel'] | null = message.channel
  if (flags.has(MessageFlags.SuppressEmbeds)) {
    return false
  }
  if (channel === null || channel.isDMBased()) {
    return true
  }
  const permissions = channel.permissionsFor(author)
  return permissions === null || permissions.has(PermissionFlagsBits.EmbedLinks)
}

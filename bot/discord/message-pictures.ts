/**
 * Every place that a message can hold a picture in: attachments, embeds, Components V2, forwarded messages and
 * stickers, in the order a reader sees them; and the custom emoji in its text.
 *
 * Nothing is fetched here. Links of embeds are those of Discord's own proxy, so that no other host
 * is contacted. A spoiler stays a spoiler wherever it is.
 */

import {
  type APIUnfurledMediaItem,
  type Attachment,
  AttachmentFlags,
  ComponentType,
  type Embed,
  GatewayIntentBits,
  type Message,
  type MessageSnapshot,
  StickerFormatType,
} from 'discord.js'
import type { FoundPicture } from '../../commands/picture.ts'
import { withoutCode } from '../messages/addressing.ts'
import { SPOILER, spoileredLinks } from './spoilers.ts'

const EXTENSION = /\.(png|apng|jpe?g|jfif|webp|avif|gif|tiff?)$/i

/** The parts of a message, or of a forwarded one, that can hold pictures. */
type PictureHolder = Pick<
  Message | MessageSnapshot,
  'id' | 'attachments' | 'embeds' | 'components' | 'stickers' | 'content'
>

/** Every picture of a message, each link once. */
export function picturesIn(message: Message): FoundPicture[] {
  const from = sourceOf(message)
  const holders: PictureHolder[] = [message, ...(message.messageSnapshots?.values() ?? [])]
  const pictures = holders.flatMap(picturesOf)
  const byKey = new Map(pictures.map((picture) => [picture.key, picture]))
  return [...byKey.values()].map((picture) => ({ ...picture, source: from }))
}

/** Custom emoji in a text; Discord's own are letters. Source: reference.mdx, Message Formatting. */
const EMOJI = /<(a)?:(\w{2,32}):(\d{17,20})>/g
/** The largest size that emoji have, in pixels. */
const EMOJI_SIZE = 128

/**
 * The custom emoji in the text of a message as pictures, each once. They are no pictures of the message:
 * most stand for a smile, so they are looked at only where someone asks about them.
 */
export function emojiIn(message: Message): FoundPicture[] {
  const source = sourceOf(message)
  const { cdn } = message.client.rest
  const emoji = [message, ...(message.messageSnapshots?.values() ?? [])].flatMap(({ content }) => {
    const text = withoutCode(content)
    const shown = new Set(matchesIn(text.replaceAll(SPOILER, ' ')).map(({ id }) => id))
    return matchesIn(text).map(({ id, name, animated }) => ({
      key: `emoji-${id}`,
      url: cdn.emoji(id, { extension: animated ? 'gif' : 'png', size: EMOJI_SIZE }),
      size: 0,
      name,
      spoiler: !shown.has(id),
      altText: null,
      source,
    }))
  })
  return [...new Map(emoji.map((one) => [one.key, one])).values()]
}

/** Whether a text is custom emoji and nothing else, or says that it is about some. */
export function isAboutEmoji(text: string): boolean {
  return text.replaceAll(EMOJI, '').trim() === '' || EMOJI_WORD.test(text)
}

const EMOJI_WORD = /\b(?:emojis?|emotes?|emoticons?)\b|表情/i

function matchesIn(text: string) {
  return [...text.matchAll(EMOJI)].map(([, animated, name = '', id = '']) => ({
    animated: animated !== undefined,
    name,
    id,
  }))
}

/** Pictures and custom emoji: all that someone may have asked about. */
export function everythingShownIn(message: Message): FoundPicture[] {
  return [...picturesIn(message), ...emojiIn(message)]
}

function sourceOf({ channelId, id, author }: Message): FoundPicture['source'] {
  return { channelId, messageId: id, authorId: author.id }
}

/** Whether Discord gives the bot the content of a message, pictures included. */
export function canReadContent({ client, guildId, author, mentions }: Message): boolean {
  const isOwn = author.id === client.user.id
  const isAddressed = guildId === null || mentions.users.has(client.user.id)
  return isOwn || isAddressed || client.options.intents.has(GatewayIntentBits.MessageContent)
}

/** A picture attached to a command; it has no message. */
export function attachedPicture(attachment: Attachment): FoundPicture {
  return { ...fromAttachment(attachment), source: null }
}

/**
 * Whether Discord's content type says that this is a picture, or the name where the type says nothing;
 * the bytes decide later.
 */
function isPicture({
  contentType,
  name,
}: {
  readonly contentType: string | null | undefined
  readonly name: string
}): boolean {
  const saysNothing = !contentType || /^(application|binary)\/octet-stream/i.test(contentType)
  return saysNothing ? EXTENSION.test(name) : /^image\/(?!svg)/i.test(contentType)
}

type PictureWithoutSource = Omit<FoundPicture, 'source'>

function picturesOf(holder: PictureHolder): PictureWithoutSource[] {
  const attachments = [...holder.attachments.values()]
    .filter((attachment) => isPicture(attachment))
    .map(fromAttachment)
  const stickers = [...(holder.stickers?.values() ?? [])]
    .filter(({ format }) => format !== StickerFormatType.Lottie)
    .map((sticker) => ({
      key: `sticker-${sticker.id}`,
      url: sticker.url,
      size: 0,
      name: sticker.name,
      spoiler: false,
      altText: sticker.description,
    }))
  const components = holder.components.flatMap((component) => fromComponent(component.toJSON()))
  const isSpoilered = spoileredLinks(holder.content)
  const previews = holder.embeds.flatMap((embed) => fromEmbed(embed, isSpoilered(embed.url)))
  return [...attachments, ...previews, ...components, ...stickers]
}

function fromAttachment(attachment: Attachment): PictureWithoutSource {
  const isSpoiler = (attachment.flags.bitfield & AttachmentFlags.IsSpoiler) !== 0
  return {
    key: attachment.id,
    url: attachment.url,
    size: attachment.size,
    name: attachment.name,
    spoiler: isSpoiler || attachment.name.startsWith('SPOILER_'),
    altText: attachment.description,
  }
}

/**
 * The large picture of an embed, or else its small one: a link's preview has only that. Only bots post
 * embeds with both, and the small one is then a logo or a face.
 */
function fromEmbed(embed: Embed, spoiler: boolean): PictureWithoutSource[] {
  const media = embed.image ?? embed.thumbnail
  const url = media?.proxyURL ?? media?.url
  return url === undefined ? [] : [fromLink(url, { altText: null, spoiler })]
}

/** What the shapes of Components V2 have in common, as JSON. */
type AnyComponent = {
  readonly type: ComponentType
  readonly spoiler?: boolean
  readonly items?: readonly {
    readonly media: APIUnfurledMediaItem
    readonly description?: string | null
    readonly spoiler?: boolean
  }[]
  readonly media?: APIUnfurledMediaItem
  readonly file?: APIUnfurledMediaItem
  readonly description?: string | null
  readonly accessory?: AnyComponent
  readonly components?: readonly AnyComponent[]
}

/** Galleries, thumbnails and files, also inside containers and sections. */
function fromComponent(component: AnyComponent, hidden = false): PictureWithoutSource[] {
  const spoiler = hidden || component.spoiler === true
  const { description, media, file } = component
  switch (component.type) {
    case ComponentType.MediaGallery:
      return (component.items ?? []).flatMap((item) =>
        fromMedia(item.media, {
          altText: item.description ?? null,
          spoiler: spoiler || item.spoiler === true,
        }),
      )
    case ComponentType.Thumbnail:
      return media ? fromMedia(media, { altText: description ?? null, spoiler }) : []
    case ComponentType.File:
      return file ? fromMedia(file, { altText: null, spoiler }) : []
    default:
      return [...(component.components ?? []), component.accessory ?? []]
        .flat()
        .flatMap((inner) => fromComponent(inner, spoiler))
  }
}

function fromMedia(
  media: APIUnfurledMediaItem,
  about: Pick<PictureWithoutSource, 'altText' | 'spoiler'>,
) {
  const link = fromLink(media.proxy_url ?? media.url, about)
  return isPicture({ contentType: media.content_type ?? null, name: link.name }) ? [link] : []
}

function fromLink(
  url: string,
  about: Pick<PictureWithoutSource, 'altText' | 'spoiler'>,
): PictureWithoutSource {
  const { pathname } = new URL(url)
  const name = decodePathPart(pathname.slice(pathname.lastIndexOf('/') + 1))
  // Signatures in the query change with every fetch of the message; the path does not.
  return { key: pathname, url, size: 0, name: name || 'picture', ...about }
}

/** A part of a path as a person wrote it. A preview's address can have a `%` that means nothing. */
function decodePathPart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

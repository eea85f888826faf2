/** Filters messages by a search. Source: resources/message.mdx, "Search Guild Messages". */

import type { Message } from '../world/message.ts'
import { compareIds } from '../protocol/snowflake.ts'
import type { World } from '../world/world.ts'

/** The values of `has`; a `-` prefix negates. */
export const HAS_TYPES = [
  'image',
  'sound',
  'video',
  'file',
  'sticker',
  'embed',
  'link',
  'poll',
  'snapshot',
] as const

/** The values of `author_type`; a `-` prefix negates. */
export const AUTHOR_TYPES = ['user', 'bot', 'webhook'] as const

/** The search's filters; undefined ones do not apply. */
export type Search = {
  readonly content: string | undefined
  readonly maxId: string | undefined
  readonly minId: string | undefined
  readonly channelIds: readonly string[] | undefined
  readonly authorIds: readonly string[] | undefined
  readonly authorTypes: readonly string[] | undefined
  readonly mentions: readonly string[] | undefined
  readonly mentionedRoles: readonly string[] | undefined
  readonly mentionEveryone: boolean | undefined
  readonly repliedToUsers: readonly string[] | undefined
  readonly repliedToMessages: readonly string[] | undefined
  readonly pinned: boolean | undefined
  readonly has: readonly string[] | undefined
  readonly hostnames: readonly string[] | undefined
  readonly filenames: readonly string[] | undefined
  readonly extensions: readonly string[] | undefined
  readonly includesNsfw: boolean
}

/** Whether the message matches the search. */
export function matches(world: World, message: Message, search: Search): boolean {
  const { authorIds, mentions, mentionedRoles, pinned, mentionEveryone } = search
  return (
    inRange(message, search) &&
    (authorIds?.includes(message.authorId) ?? true) &&
    (mentions?.some((id) => message.mentions.includes(id)) ?? true) &&
    (mentionedRoles?.some((id) => message.mentionRoles.includes(id)) ?? true) &&
    (pinned === undefined || pinned === (message.pinnedMs !== null)) &&
    (mentionEveryone === undefined || mentionEveryone === message.mentionEveryone) &&
    isReply(world, message, search) &&
    allOf(search.authorTypes, (type) => type === authorType(world, message)) &&
    allOf(search.has, (type) => has(message, type)) &&
    inText(message, search) &&
    inFiles(message, search)
  )
}

function inRange({ id }: Message, { minId, maxId }: Search): boolean {
  return (
    (minId === undefined || compareIds(id, minId) > 0) &&
    (maxId === undefined || compareIds(id, maxId) < 0)
  )
}

function isReply(world: World, message: Message, search: Search): boolean {
  const { repliedToMessages, repliedToUsers } = search
  if (!repliedToMessages && !repliedToUsers) {
    return true
  }
  const { reference } = message
  if (reference?.type !== 0) {
    return false
  }
  const target = world.messages.get(reference.channelId)?.get(reference.messageId)
  return (
    (repliedToMessages?.includes(reference.messageId) ?? true) &&
    (repliedToUsers?.includes(target?.authorId ?? '') ?? true)
  )
}

function authorType(world: World, message: Message): string {
  if (message.origin !== null || message.webhook !== null) {
    return 'webhook'
  }
  return world.user(message.authorId).bot ? 'bot' : 'user'
}

/** Requires all types without `-`, and none of those with it. */
function allOf(types: readonly string[] | undefined, is: (type: string) => boolean): boolean {
  return (types ?? []).every((type) => (type.startsWith('-') ? !is(type.slice(1)) : is(type)))
}

function has(message: Message, type: string): boolean {
  const isOf = (kind: string) => message.files.some((file) => file.contentType?.startsWith(kind))
  switch (type) {
    case 'image':
      return isOf('image/')
    case 'sound':
      return isOf('audio/')
    case 'video':
      return isOf('video/')
    case 'file':
      return message.files.length > 0
    case 'sticker':
      return message.stickers.length > 0
    case 'embed':
      return message.embeds.length + message.previews.length > 0
    case 'link':
      return linksOf(message.content).length > 0
    case 'snapshot':
      return message.snapshots.length > 0
    default:
      return false // Polls: the sandbox has none.
  }
}

function linksOf(content: string): URL[] {
  const links = content.match(/https?:\/\/[^\s<>]+/g) ?? []
  return links.filter((link) => URL.canParse(link)).map((link) => new URL(link))
}

/** Matches words in any order, as Discord's index does; also parts of words. */
function inText(message: Message, { content, hostnames }: Search): boolean {
  const text = message.content.toLowerCase()
  const words = content?.toLowerCase().split(/\s+/) ?? []
  const hosts = new Set(linksOf(message.content).map(({ hostname }) => hostname))
  return (
    words.every((word) => text.includes(word)) &&
    (hostnames?.some((name) => hosts.has(name)) ?? true)
  )
}

function inFiles({ files }: Message, { filenames, extensions }: Search): boolean {
  const names = files.map(({ name }) => name.toLowerCase())
  return (
    (filenames?.some((wanted) => names.some((n) => n.includes(wanted.toLowerCase()))) ?? true) &&
    (extensions?.some((wanted) => names.some((n) => n.endsWith(`.${wanted.toLowerCase()}`))) ??
      true)
  )
}

/** The route that searches a guild's messages. Source: developers/resources/message.mdx. */

import { Checks } from '../../protocol/field-checks.ts'
import { refuse } from '../../protocol/errors.ts'
import type { Message } from '../../world/message.ts'
import { renderMessage } from '../../render/message.ts'
import { can } from '../../world/permissions.ts'
import { renderChannel, renderThreadMember } from '../../render/guild.ts'
import { AUTHOR_TYPES, HAS_TYPES, matches } from '../../messages/search.ts'
import type { Search } from '../../messages/search.ts'
import { compareIds } from '../../protocol/snowflake.ts'
import type { World } from '../../world/world.ts'
import type { Guild } from '../../world/types.ts'
import { ok } from '../route.ts'
import type { Context, Reply, Route } from '../route.ts'
import { guildOf } from '../targets.ts'

const SEARCH = '/guilds/:guild/messages/search'
const MAX_IDS = 100

type Page = { readonly limit: number; readonly offset: number; readonly ascending: boolean }

/** @throws {ApiError} 50035. */
function readSearch(query: URLSearchParams): { search: Search; page: Page } {
  const checks = new Checks()
  const fields = Object.fromEntries(query)
  const ids = (key: string, max = MAX_IDS) =>
    query.has(key) ? checks.ids({ [key]: query.getAll(key) }, key, max) : undefined
  const order = query.get('sort_order') ?? 'desc'
  if (order !== 'asc' && order !== 'desc') {
    checks.fail('sort_order', 'BASE_TYPE_CHOICES', "Value must be one of {'asc', 'desc'}.")
  }
  const limit = checks.queryNumber(query, 'limit', { min: 1, max: 25 }) ?? 25
  const offset = checks.queryNumber(query, 'offset', { min: 0, max: 9975 }) ?? 0
  const search: Search = {
    content: checks.text(fields, 'content', { max: 1024 }),
    maxId: checks.id(fields, 'max_id'),
    minId: checks.id(fields, 'min_id'),
    channelIds: ids('channel_id', 500),
    authorIds: ids('author_id'),
    authorTypes: choices(checks, query, 'author_type', AUTHOR_TYPES),
    mentions: ids('mentions'),
    mentionedRoles: ids('mentions_role_id'),
    mentionEveryone: boolean(checks, query, 'mention_everyone'),
    repliedToUsers: ids('replied_to_user_id'),
    repliedToMessages: ids('replied_to_message_id'),
    pinned: boolean(checks, query, 'pinned'),
    has: choices(checks, query, 'has', HAS_TYPES),
    hostnames: texts(checks, query, 'link_hostname', 256),
    filenames: texts(checks, query, 'attachment_filename', 1024),
    extensions: texts(checks, query, 'attachment_extension', 256),
    includesNsfw: boolean(checks, query, 'include_nsfw') ?? false,
  }
  checks.done()
  return { search, page: { limit, offset, ascending: order === 'asc' } }
}

/** Discord's query strings write booleans as `true` and `false`, or 1 and 0. */
function boolean(checks: Checks, query: URLSearchParams, key: string): boolean | undefined {
  const text = query.get(key)?.toLowerCase()
  if (text === undefined) {
    return undefined
  }
  const value = { true: true, 1: true, false: false, 0: false }[text]
  if (value === undefined) {
    checks.fail(key, 'BOOLEAN_TYPE_CONVERT', 'Must be either true or false.')
  }
  return value
}

function choices(
  checks: Checks,
  query: URLSearchParams,
  key: string,
  allowed: readonly string[],
): readonly string[] | undefined {
  if (!query.has(key)) {
    return undefined
  }
  query.getAll(key).forEach((text, i) => {
    if (allowed.includes(text.replace(/^-/, ''))) {
      return
    }
    const list = allowed.map((name) => `'${name}'`).join(', ')
    checks.fail(`${key}.${i}`, 'BASE_TYPE_CHOICES', `Value must be one of {${list}}.`)
  })
  return query.getAll(key)
}

function texts(
  checks: Checks,
  query: URLSearchParams,
  key: string,
  max: number,
): readonly string[] | undefined {
  if (!query.has(key)) {
    return undefined
  }
  return query.getAll(key).map((text, i) => checks.text({ text }, 'text', { max }, `${key}.${i}`)!)
}

function searchIn(world: World, guild: Guild, userId: string, search: Search): Message[] {
  const channels = [...world.channels.values()].filter(
    (channel) =>
      channel.guildId === guild.id &&
      (search.channelIds?.includes(channel.id) ?? true) &&
      (search.includesNsfw || !channel.nsfw) &&
      can(world, channel, userId, 'readMessageHistory'),
  )
  return channels
    .flatMap((channel) => world.history(channel.id))
    .filter((message) => message.visibleTo === null && matches(world, message, search))
}

function list(context: Context): Reply {
  const { world, actor, reader } = context
  const guild = guildOf(context)
  // Without the Message Content intent a search is refused.
  if (!reader.seesContent) {
    throw refuse('missingAccess')
  }
  const { search, page } = readSearch(context.query)
  const matching = searchIn(world, guild, actor.userId, search).toSorted((a, b) =>
    page.ascending ? compareIds(a.id, b.id) : compareIds(b.id, a.id),
  )
  const pageMessages = matching.slice(page.offset, page.offset + page.limit)
  const ids = new Set(pageMessages.map(({ channelId }) => channelId))
  const threads = world.threadsOf(guild).filter(({ id }) => ids.has(id))
  return ok({
    doing_deep_historical_index: false,
    total_results: matching.length,
    messages: pageMessages.map((message) => {
      const rendered = renderMessage(world, { ...message, reactions: [] }, reader)
      return [{ ...rendered, hit: true }]
    }),
    ...(threads.length > 0
      ? {
          threads: threads.map((thread) => renderChannel(world, thread)),
          members: threads
            .filter(({ thread }) => thread?.members.has(actor.userId))
            .map((thread) => renderThreadMember(thread, actor.userId)),
        }
      : {}),
  })
}

/** All routes of this file. */
export const searchRoutes: readonly Route[] = [{ method: 'GET', path: SEARCH, handle: list }]

/**
 * The users and roles that a message pings, by its text and `allowed_mentions`.
 *
 * Source: developers/resources/message.mdx, "Allowed Mentions Object".
 */

import { isJson } from '../protocol/field-checks.ts'
import type { Checks, Json } from '../protocol/field-checks.ts'
import { withoutCode } from './content.ts'
import type { Message } from '../world/message.ts'

/** Maximum number of users or roles in `allowed_mentions`. */
const MAX_ALLOWED = 100

const KINDS = ['everyone', 'users', 'roles'] as const

/** The mentions that a message may ping. */
export type AllowedMentions = {
  readonly parse: readonly (typeof KINDS)[number][]
  readonly users: readonly string[]
  readonly roles: readonly string[]
  readonly repliedUser: boolean
}

/** The users and roles that can be mentioned. */
export type Mentionable = {
  readonly users: ReadonlyMap<string, unknown>
  readonly roles: ReadonlyMap<string, { readonly mentionable: boolean }>
}

/** Reads `allowed_mentions`; undefined if it is absent, so that every mention pings. */
export function readAllowedMentions(body: Json, checks: Checks): AllowedMentions | undefined {
  const value = body['allowed_mentions']
  if (value === undefined || value === null) {
    return undefined
  }
  const at = 'allowed_mentions'
  if (!isJson(value)) {
    checks.fail(at, 'MODEL_TYPE_CONVERT', 'Only dictionaries may be used in a ModelType')
    return undefined
  }
  const parse = readKinds(value, checks)
  const users = checks.ids(value, 'users', MAX_ALLOWED, `${at}.users`) ?? []
  const roles = checks.ids(value, 'roles', MAX_ALLOWED, `${at}.roles`) ?? []
  const listedIds = { users, roles }
  for (const kind of ['users', 'roles'] as const) {
    if (!parse.includes(kind) || listedIds[kind].length === 0) {
      continue
    }
    checks.fail(
      at,
      'MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE',
      `parse:["${kind}"] and ${kind}: [ids...] are mutually exclusive.`,
    )
  }
  const repliedUser = checks.flag(value, 'replied_user', `${at}.replied_user`) ?? false
  return { parse, users, roles, repliedUser }
}

function readKinds(value: Json, checks: Checks): AllowedMentions['parse'] {
  const parse: unknown = value['parse'] ?? []
  if (!Array.isArray(parse)) {
    const sentence = 'Only iterables may be used in a ListType'
    checks.fail('allowed_mentions.parse', 'LIST_TYPE_CONVERT', sentence)
    return []
  }
  const items: readonly unknown[] = parse
  return items.flatMap((item, i) => {
    const kind = KINDS.find((k) => k === item)
    if (kind) {
      return kind
    }
    const sentence = "Value must be one of ('roles', 'users', 'everyone')."
    checks.fail(`allowed_mentions.parse.${i}`, 'BASE_TYPE_CHOICES', sentence)
    return []
  })
}

/** The ids of the users mentioned in a text, in order. In code nobody is mentioned. */
export function mentionedIn(content: string): string[] {
  return idsIn(withoutCode(content), /<@!?(\d+)>/g)
}

function idsIn(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1]!))]
}

/**
 * The users and roles that a text pings. Without `allowed_mentions`, every mention and reply does.
 *
 * @param everyone whether the author has Mention Everyone, which also lets them ping any role.
 */
export function pings(
  text: string,
  allowed: AllowedMentions | undefined,
  where: Mentionable & { readonly everyone: boolean; readonly replied: string | undefined },
): Pick<Message, 'mentions' | 'mentionRoles' | 'mentionEveryone'> {
  const isAllowed = (kind: 'users' | 'roles', id: string) =>
    !allowed || allowed.parse.includes(kind) || allowed[kind].includes(id)
  const users = mentionedIn(text).filter((id) => where.users.has(id) && isAllowed('users', id))
  const replied = where.replied !== undefined && (allowed?.repliedUser ?? true)
  const roles = idsIn(withoutCode(text), /<@&(\d+)>/g).filter((id) => {
    const role = where.roles.get(id)
    return role !== undefined && (role.mentionable || where.everyone) && isAllowed('roles', id)
  })
  return {
    mentions: [...new Set([...users, ...(replied ? [where.replied] : [])])],
    mentionRoles: roles,
    mentionEveryone:
      where.everyone &&
      /@(everyone|here)\b/.test(withoutCode(text)) &&
      (!allowed || allowed.parse.includes('everyone')),
  }
}

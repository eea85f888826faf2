/**
 * Reads an application's embeds: validates the limits and normalizes the fields.
 *
 * Source: developers/resources/message.mdx, "Embed Object" and "Embed Limits".
 */

import { isJson, lengthOf } from '../protocol/field-checks.ts'
import type { Checks, Json } from '../protocol/field-checks.ts'

const MAX_EMBEDS = 10

/** Characters of all embeds of a message together. */
const MAX_TOTAL = 6000

const MAX_FIELDS = 25
const MAX_URL = 2048

/** Reads `embeds`; undefined when they are absent, empty when they are null. */
export function readEmbeds(body: Json, checks: Checks): readonly Json[] | undefined {
  if (body['embeds'] === undefined) {
    return undefined
  }
  const items = (checks.list(body, 'embeds', MAX_EMBEDS) ?? []).map(trimmed)
  const embeds = items.map((embed, i) => readEmbed(embed, checks, `embeds.${i}`))
  const total = embeds.reduce((sum, embed) => sum + textOf(embed), 0)
  if (total > MAX_TOTAL) {
    const sentence = `Embed size exceeds maximum size of ${MAX_TOTAL}`
    checks.fail('embeds', 'MAX_EMBED_SIZE_EXCEEDED', sentence)
  }
  return embeds
}

/** Texts are trimmed before their length is checked. */
function trimmed(value: Json): Json {
  const trim = (item: unknown): unknown => {
    if (Array.isArray(item)) {
      return item.map(trim)
    }
    if (isJson(item)) {
      return trimmed(item)
    }
    return typeof item === 'string' ? item.trim() : item
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, trim(item)]))
}

function readEmbed(embed: Json, checks: Checks, at: string): Json {
  const text = (key: string, max: number) => checks.text(embed, key, { max }, `${at}.${key}`)
  const color = checks.whole(embed, 'color', `${at}.color`, { min: 0, max: 0xff_ff_ff })
  const fields = checks.list(embed, 'fields', MAX_FIELDS, `${at}.fields`) ?? []
  const read = present({
    title: text('title', 256),
    description: text('description', 4096),
    url: link(embed, 'url', checks, `${at}.url`),
    timestamp: time(embed, checks, `${at}.timestamp`),
    color,
    footer: part(embed, 'footer', checks, at, { text: 2048, icon_url: MAX_URL }),
    author: part(embed, 'author', checks, at, { name: 256, url: MAX_URL, icon_url: MAX_URL }),
    image: picture(embed, 'image', checks, at),
    thumbnail: picture(embed, 'thumbnail', checks, at),
    fields:
      fields.length === 0 ? undefined : fields.map((f, i) => field(f, checks, `${at}.fields.${i}`)),
  })
  if (Object.keys(read).length === 0) {
    checks.fail(`${at}.description`, 'BASE_TYPE_REQUIRED', 'This field is required')
  }
  return { type: 'rich', ...read }
}

function field(given: Json, checks: Checks, at: string): Json {
  return {
    name: checks.needText(given, 'name', { min: 1, max: 256 }, `${at}.name`),
    value: checks.needText(given, 'value', { min: 1, max: 1024 }, `${at}.value`),
    inline: checks.flag(given, 'inline', `${at}.inline`) ?? false,
  }
}

/** An author or a footer; the first key of `limits` is required. */
function part(
  embed: Json,
  key: string,
  checks: Checks,
  at: string,
  limits: Readonly<Record<string, number>>,
): Json | undefined {
  const value = embed[key]
  if (!isJson(value)) {
    return undefined
  }
  const path = `${at}.${key}`
  const [needed] = Object.keys(limits)
  const entries = Object.entries(limits).map(([name, max]) => {
    if (name === needed) {
      return [name, checks.needText(value, name, { max }, `${path}.${name}`)]
    }
    return [name, link(value, name, checks, `${path}.${name}`)]
  })
  return present(Object.fromEntries(entries))
}

/** Alternative text of embedded pictures is dropped, as Discord does. */
function picture(embed: Json, key: string, checks: Checks, at: string): Json | undefined {
  const value = embed[key]
  if (!isJson(value)) {
    return undefined
  }
  const url = link(value, 'url', checks, `${at}.${key}.url`)
  return url === undefined ? undefined : { url }
}

function link(given: Json, key: string, checks: Checks, path: string): string | undefined {
  const url = checks.text(given, key, { max: MAX_URL }, path)
  if (url === undefined) {
    return undefined
  }
  const scheme = URL.canParse(url) ? new URL(url).protocol : ''
  if (!/^(https?|attachment):$/.test(scheme)) {
    if (URL.canParse(url)) {
      const sentence = `Scheme "${scheme.slice(0, -1)}" is not supported. Scheme must be one of ('http', 'https').`
      checks.fail(path, 'URL_TYPE_INVALID_SCHEME', sentence)
    } else {
      checks.fail(path, 'URL_TYPE_INVALID_URL', 'Not a well formed URL.')
    }
  }
  return url
}

function time(embed: Json, checks: Checks, path: string): string | undefined {
  const timestamp = checks.text(embed, 'timestamp', { max: 64 }, path)
  if (timestamp === undefined) {
    return undefined
  }
  const ms = Date.parse(timestamp)
  if (!Number.isNaN(ms)) {
    return new Date(ms).toISOString()
  }
  checks.fail(path, 'DATE_TIME_TYPE_PARSE', `Could not parse ${timestamp}. Should be ISO8601.`)
  return undefined
}

/** The size of an embed: title, description, fields' names and values, footer and author. */
function textOf(embed: Json): number {
  const { title, description, footer, author, fields } = embed
  const nested = [
    ...(Array.isArray(fields) ? fields : []),
    isJson(footer) ? { text: footer['text'] } : {},
    isJson(author) ? { name: author['name'] } : {},
  ]
  const texts = [title, description, ...nested.flatMap((item) => Object.values(item))]
  return texts.reduce<number>((sum, t) => sum + (typeof t === 'string' ? lengthOf(t) : 0), 0)
}

function present(values: Json): Json {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

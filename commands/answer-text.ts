/** Makes a model's text safe to post: without markdown and mentions, within Discord's limit. */

import { escapeMarkdown } from 'discord.js'

/** Discord's limit of a message's content, in characters. */
export const MAX_CONTENT = 2000

/** Markdown that escapeMarkdown does not escape by default. */
const MORE_MARKDOWN = { heading: true, bulletedList: true, numberedList: true, maskedLink: true }

/** A block quote or subtext, which escapeMarkdown does not know. */
const LINE_START = /^(\s*)(>|-#)/gm

/** Escapes all markdown in a text. */
export function escaped(text: string): string {
  return escapeMarkdown(text, MORE_MARKDOWN).replaceAll(LINE_START, '$1\\$2')
}

/** Cuts a text to `maxLength` UTF-16 units, … included, but never inside a character. */
export function shortened(text: string, maxLength: number): string {
  if (text.length <= maxLength) {
    return text
  }
  const cut = text.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, '')
  return `${cut.trimEnd()}…`
}

/** A message without pings. */
export function plainMessage(content: string) {
  return {
    content: content.slice(0, MAX_CONTENT),
    allowedMentions: { parse: [], repliedUser: false } as const,
  }
}

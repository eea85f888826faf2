/** Makes a model's text safe to post: no markdown, no mentions, within Discord's limit. */

import { escapeMarkdown } from 'discord.js'

/** Discord's limit of a message's content, in characters. */
export const MAX_CONTENT = 2000

/** What escapeMarkdown leaves alone unless it is told. */
const ALSO = { heading: true, bulletedList: true, numberedList: true, maskedLink: true }

/** A quote or small print, which escapeMarkdown does not know. */
const LINE_START = /^(\s*)(>|-#)/gm

/** The text as it reads, whatever markdown it holds. */
export function escaped(text: string): string {
  return escapeMarkdown(text, ALSO).replaceAll(LINE_START, '$1\\$2')
}

/** The start of a text, with … where something was cut; never half a character. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) {
    return text
  }
  const cut = text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')
  return `${cut.trimEnd()}…`
}

/** A message body that pings nobody. */
export function plainMessage(content: string) {
  return {
    content: content.slice(0, MAX_CONTENT),
    allowedMentions: { parse: [], repliedUser: false } as const,
  }
}

/** Makes a model's text safe to post: no markdown, no mentions, within Discord's limit. */

import { escapeMarkdown } from 'discord.js'

/** Discord's limit of a message's content, in characters. */
const MAX_CONTENT = 2000

/** What escapeMarkdown leaves alone unless it is told. */
const ALSO = { heading: true, bulletedList: true, numberedList: true, maskedLink: true }

/** A quote or small print, which escapeMarkdown does not know. */
const LINE_START = /^(\s*)(>|-#)/gm

/** A message body with the text and nothing that pings anyone. */
export function answerMessage(text: string) {
  const shown =
    escapeMarkdown(text, ALSO).replaceAll(LINE_START, '$1\\$2') ||
    'I have no words for this picture.'
  return {
    content: shown.slice(0, MAX_CONTENT),
    allowedMentions: { parse: [], repliedUser: false },
  }
}

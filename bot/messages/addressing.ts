/**
 * Whether a message is addressed to the bot: by a direct message, or by a mention in its text.
 *
 * Discord also lists the author of a message in the mentions of each reply to it, unless the person
 * switches that off. Such a ping says only that they replied, so the text decides.
 */

import type { Message } from 'discord.js'

/** Whether the text mentions the bot, or the role that Discord manages for it. */
export function mentionsBot({ content, client, guild }: Message): boolean {
  return mentionPattern(client.user.id, roleOf(guild)).test(withoutCode(content))
}

/** The text without mentions of the bot. */
export function withoutMentions({ content, client, guild }: Message): string {
  return content.replaceAll(mentionPattern(client.user.id, roleOf(guild)), '').trim()
}

/** The mention picker offers the bot and its role under the same name. */
function roleOf(guild: Message['guild']): string | undefined {
  return guild?.roles.botRoleFor(guild.client.user)?.id
}

function mentionPattern(botId: string, roleId: string | undefined): RegExp {
  return new RegExp(roleId === undefined ? `<@!?${botId}>` : `<@(?:!?${botId}|&${roleId})>`, 'g')
}

/** The text without code blocks and inline code, in which nothing is a mention or a link. */
export function withoutCode(text: string): string {
  const fences = [...text.matchAll(/`+/g)].map(({ 0: { length }, index }) => ({ length, index }))
  let plain = ''
  let end = 0
  for (const [i, open] of fences.entries()) {
    if (open.index < end) {
      continue
    }
    const close = fences.slice(i + 1).find(({ length }) => length === open.length)
    if (close) {
      plain += `${text.slice(end, open.index)} `
      end = close.index + close.length
    }
  }
  return plain + text.slice(end)
}

/** Members who know what the bot's progress looks like, so that no test takes it for the answer. */

import type { APIMessage } from 'discord.js'
import { Member } from 'loopback-discord/client'
import type { MemberOptions } from 'loopback-discord/member-connection'
import { MORE } from '../../bot/requests/growing.ts'
import { EN } from '../../commands/i18n/en.ts'
import { ZH } from '../../commands/i18n/zh.ts'

/** The numbers in the sentences of `waiting` are replaced by this one. */
const SOME = 7
const SENTENCES = [EN.waiting, ZH.waiting]
  .flatMap(({ place, loading, partly }) => [place(SOME), loading, partly(SOME, SOME)])
  .map((sentence) => new RegExp(`^${RegExp.escape(sentence).replaceAll(`${SOME}`, '\\d+')}$`))

/** Whether a message of the bot is shown until its answer is there: it waits, or the answer grows. */
export function isProgress({ content }: Pick<APIMessage, 'content'>): boolean {
  return content.endsWith(MORE) || SENTENCES.some((sentence) => sentence.test(content))
}

/** As `Member.connect`; `slash`, `menu`, `answer` and `answerTo` wait for the answer of the bot. */
export function connectMember(
  url: string,
  name = 'ada',
  options: MemberOptions | string = {},
): Promise<Member> {
  const memberOptions = typeof options === 'string' ? { channel: options } : options
  return Member.connect(url, name, { isProgress, ...memberOptions })
}

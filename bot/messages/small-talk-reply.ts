/** Answers what is no question about a picture: a greeting, thanks, or asking for help. */

import { helpText } from '../../commands/help.ts'
import { catalogFor } from '../../commands/i18n/catalog.ts'
import { isChinese } from '../../commands/i18n/question-language.ts'
import type { SmallTalk } from './small-talk.ts'

type Context = {
  readonly question: string
  readonly locale: string
  /** A sentence about the model, from its model card. */
  readonly about: string
  /** Whether it was said in direct messages. */
  readonly isDirect: boolean
}

/** The answer, in Chinese to what is said in Chinese, else in the reader's language. */
export function smallTalkReply(
  talk: SmallTalk,
  { question, locale, about, isDirect }: Context,
): string {
  const { help, smallTalk } = catalogFor(isChinese(question) ? 'zh-CN' : locale)
  switch (talk) {
    case 'help':
      return helpText({ help }, about, isDirect ? { before: smallTalk.sendHere } : {})
    case 'thanks':
      return smallTalk.welcome
    default:
      return `${smallTalk.hello} ${isDirect ? smallTalk.sendHere : smallTalk.show}`
  }
}

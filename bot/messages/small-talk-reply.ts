/** Answers what is no question about a picture: a greeting, thanks, or asking for help. */

import type { AboutModel } from '../../commands/command.ts'
import { helpText } from '../../commands/help.ts'
import { catalogFor } from '../../commands/i18n/catalog.ts'
import { isChinese } from '../../commands/i18n/question-language.ts'
import type { SmallTalk } from './small-talk.ts'

type Context = {
  readonly question: string
  readonly locale: string
  readonly about: AboutModel
  /** Whether it was said in direct messages. */
  readonly isDirect: boolean
}

/** The answer, in Chinese to what is said in Chinese, else in the reader's language. */
export function smallTalkReply(
  talk: SmallTalk,
  { question, locale, about, isDirect }: Context,
): string {
  const { help, askIn, smallTalk } = catalogFor(isChinese(question) ? 'zh-CN' : locale)
  switch (talk) {
    case 'help':
      return helpText({ help, askIn }, about, isDirect ? { before: smallTalk.sendHere } : {})
    case 'thanks':
      return smallTalk.welcome
    default:
      return isDirect
        ? `${smallTalk.hello} ${smallTalk.sendHere}`
        : [smallTalk.hello, smallTalk.show, askIn(about.languages)]
            .filter((sentence) => sentence !== '')
            .join(' ')
  }
}

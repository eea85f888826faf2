/**
 * The languages of the interface, and which one a person is shown. What the model says stays English
 * in every language.
 */

import type { LocalizationMap } from 'discord.js'
import { InputError } from '../../config/errors.ts'
import { EN } from './en.ts'
import type { Catalogue } from './words.ts'
import { ZH } from './zh.ts'

/** @param locale one of Discord's, such as `zh-CN`; anything unknown is English. */
export function catalogueFor(locale: string | null | undefined): Catalogue {
  return locale?.toLowerCase().startsWith('zh') ? ZH : EN
}

/** The other languages' forms of a text of the interface, as commands carry them. */
export function localizations(pick: (text: Catalogue) => string): LocalizationMap {
  return { 'zh-CN': pick(ZH) }
}

/** What went wrong, to be said in the language of whoever reads it; its message is English. */
export class Said extends InputError {
  readonly say: (text: Catalogue) => string

  constructor(say: (text: Catalogue) => string, options?: ErrorOptions) {
    super(say(EN), options)
    this.say = say
  }
}

/** The sentence for an InputError: its own in English, else the nearest one there is. */
export function sentenceOf(error: InputError, text: Catalogue): string {
  if (error instanceof Said) {
    return error.say(text)
  }
  return text === EN ? error.message : (translated(error.message, text) ?? error.message)
}

/** What the model and the download say of a picture or a text, by the start of the sentence. */
const KNOWN: readonly (readonly [RegExp, (text: Catalogue, match: RegExpExecArray) => string])[] = [
  [/^That file is (empty|not a picture|.+; please send)/, ({ errors }) => errors.notAPicture],
  [
    /damaged or incomplete|cannot be read here|too long to decode/,
    ({ errors }) => errors.brokenPicture,
  ],
  [
    /^That picture is over ([^.]+)\./,
    ({ errors }, match) => errors.pictureTooLarge(match[1] ?? ''),
  ],
  [/the limit is (.+)\.$/, ({ errors }, match) => errors.pictureTooLarge(match[1] ?? '')],
  [/^That picture is no longer there/, ({ errors }) => errors.pictureLost],
  [/^That picture (could not be fetched|took too long to come)/, ({ errors }) => errors.notFetched],
  [/^Too many people are asking/, ({ errors }) => errors.queueFull],
  [/^That took too long/, ({ errors }) => errors.tooLate],
  [/^I am restarting\. Your answer comes/, ({ errors }) => errors.restartingLater],
  [/^I am restarting/, ({ errors }) => errors.restarting],
  [/^That picture is not on Discord/, ({ errors }) => errors.notOnDiscord],
  [/^That text is too long/, ({ errors }) => errors.textTooLong],
  [/^The question is empty/, ({ errors }) => errors.emptyQuestion],
]

function translated(message: string, text: Catalogue): string | undefined {
  for (const [pattern, say] of KNOWN) {
    const match = pattern.exec(message)
    if (match) {
      return say(text, match)
    }
  }
  return undefined
}

/** Questions about the words that stand in a picture, which the reader answers, not the model. */

import type { Turn } from '../../../inference/contract/types.ts'

/** `translate`: it asks for a translation, of which there is only the original. */
export type ReadingQuestion = 'read' | 'translate'

const THING = String.raw`(?:it|this|that|these|those|they|there|here|(?:the|this|that) (?:[\p{L}]+ ){0,2}[\p{L}]+)`
const POLITE = String.raw`(?:(?:please|can you|could you|would you|will you|can you please|could you please) )?`
const WORDS = '(?:text|texts|words?|writing|letters)'

const CODE = String.raw`(?:(?:the|this|that|its|these|those) )?(?:(?:qr|bar) ?)codes?`

const READ = new RegExp(
  `^${POLITE}(?:${[
    String.raw`what (?:does|do|did) ${THING} (?:say|read)(?: (?:here|there|exactly))?`,
    String.raw`what(?: is|'s|s) (?:it|this|that|the [\p{L}]+) saying`,
    String.raw`what(?: is|'s|s) (?:written|printed)(?: (?:here|there|(?:in|on|at) ${THING}))?`,
    String.raw`what(?: is|'s|s|are| are) (?:the|these|those) ${WORDS}(?: (?:here|there|(?:in|on|of) ${THING}))?`,
    String.raw`(?:what|which) ${WORDS} (?:is|are|do you see|can you (?:see|read))(?: (?:here|there|written|(?:in|on) ${THING}))*`,
    String.raw`(?:read|transcribe|copy)(?: (?:${THING}|${WORDS}|(?:out|aloud|to|for|loud|me|of|in|on|from)))*`,
    String.raw`what(?: is|'s|s| does| do) (?:(?:in|on|behind) )?${CODE}(?: (?:say|contain|hold|link to|lead to|point to|go to))?`,
    String.raw`where (?:does|do) ${CODE} (?:link|lead|point|go)(?: to)?`,
    String.raw`(?:scan|decode) (?:it|this|that|${CODE})`,
    String.raw`what can you read(?: (?:here|there|(?:in|on) ${THING}))?`,
    String.raw`ocr|text`,
  ].join('|')})(?: please)?$`,
  'u',
)
const TRANSLATE =
  /^(?:(?:please|can you|could you|would you|will you) )*translate\b|^what does (?:it|this|that) (?:say|mean) in \p{L}+$|翻译/u
const READ_ZH =
  /^(?:请|帮我|能不能|可以|你能|麻烦)*(?:.{0,8}(?:写|说|印)(?:了|着|的)?(?:是)?(?:什么|啥|些什么|哪些字)(?:字|内容)?|(?:读|念)(?:一下|出来|一读|一念|给我听)?(?:.{0,6}(?:字|文字|内容|这个|这张图片?))?|.{0,8}(?:有|是)(?:什么|哪些|啥)(?:字|文字)|.{0,8}(?:文字|字)是(?:什么|啥)|(?:识别|提取|扫描?|扫)(?:一下)?.{0,6}(?:文字|字|二维码|条形码|条码)|.{0,6}(?:二维码|条形码|条码)(?:里|里面|上)?(?:的内容)?(?:有|是|写)?(?:了|着)?(?:什么|啥)(?:内容)?)$/u
/** A question that the words of the picture may help the model with. */
const ABOUT_WORDS =
  /\b(?:say|says|said|read|reads|written|writing|text|words?|letters?|signs?|titles?|headline|captions?|labels?|names?|called|brand|price|cost|date|number|message|mean|means)\b/

/** Whether a question asks for the words in the picture; null: it asks something else. */
export function readingQuestion(question: string): ReadingQuestion | null {
  const plain = plainQuestion(question)
  if (TRANSLATE.test(plain)) {
    return 'translate'
  }
  return READ.test(plain) || READ_ZH.test(plain) ? 'read' : null
}

/** Words that are given to a model with a question, in UTF-16 units. */
const MAX_CONTEXT = 300

/**
 * The words of a picture as a turn before the question, where the question may be about them; empty
 * where it is not.
 */
export function wordsAsHistory(question: string, lines: readonly string[]): Turn[] {
  return mayBeAboutWords(question) && lines.length > 0
    ? [{ question: 'what does it say?', answer: lines.join(' ').slice(0, MAX_CONTEXT) }]
    : []
}

export function mayBeAboutWords(question: string): boolean {
  return ABOUT_WORDS.test(plainQuestion(question))
}

/** Lower case, without punctuation. */
function plainQuestion(question: string): string {
  return question
    .toLowerCase()
    .replaceAll('’', "'")
    .replaceAll(/[^\p{L}\p{M}\p{N}'\s]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/**
 * What is wrong with the question of a rule: the model gives the probability of "yes", and it knows
 * what is in a picture, not what the picture means. The same holds for a text that pictures are compared with.
 */

import { mayBeIn } from '../i18n/question-language.ts'

/** Answered by yes or no. */
const AUXILIARY =
  /\b(?:is|isn't|are|aren't|was|wasn't|were|weren't|do|don't|does|doesn't|did|didn't|can|can't|could|couldn't|has|hasn't|have|haven't|had|will|would|shall|should|may|might|must)\b/
const STARTS_WITH_AUXILIARY = new RegExp(`^${AUXILIARY.source}`)
/** Answered by a thing, a number, or a reason. */
const OPEN = /^(?:what|which|who|whom|whose|where|when|why|how)\b/
/** What a picture means or is worth: intentions, laws, rules and taste are not in it. */
const MEANING =
  /\b(?:scams?|scammers?|scammy|fake|faked|fraud|fraudulent|phishing|spam|spammy|legal|illegal|lawful|legit|legitimate|real|genuine|authentic|appropriate|inappropriate|offensive|insulting|rude|hateful|racist|sexist|abusive|harmful|harmless|dangerous|safe|unsafe|nsfw|sfw|allowed|forbidden|acceptable|against the rules?|rule-breaking|suspicious|trustworthy|malicious|stolen|copyrighted|edited|photoshopped|ai[- ]generated|funny|good|bad|true|false|misleading)\b/

export type QuestionProblem =
  /** The model does not know its language. */
  | { readonly kind: 'language'; readonly languages: readonly string[] }
  /** It is not answered by yes or no. */
  | { readonly kind: 'open' }
  | { readonly kind: 'no-question' }
  /** The model does not know words of it. */
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** It does not start with a word such as "is". */
  | { readonly kind: 'start' }
  /** @param word that asks for more than can be seen. */
  | { readonly kind: 'meaning'; readonly word: string }

/** Problems that make the probability of "yes" meaningless. */
const REFUSED: readonly QuestionProblem['kind'][] = ['language', 'open', 'no-question', 'words']

/** Whether the rule is refused; other problems are warnings. */
export function isRefused({ kind }: QuestionProblem): boolean {
  return REFUSED.includes(kind)
}

/**
 * The problems of a question, the gravest first.
 *
 * @param languages that the model knows, as ISO 639 codes; undefined: not known. Words are judged in
 *   questions that may be in English.
 * @param unknown the words of the question that the model does not know.
 */
export function problemsOf(
  question: string,
  languages: readonly string[] | undefined,
  unknown: readonly string[] = [],
): QuestionProblem[] {
  if (languages !== undefined && !mayBeIn(languages, question)) {
    return [{ kind: 'language', languages }]
  }
  const isEnglish = languages?.every((code) => code === 'en') ?? false
  const text = question.toLowerCase().replaceAll('’', "'").trim()
  if (!isEnglish && !AUXILIARY.test(text) && !OPEN.test(text)) {
    return [] // perhaps of another language
  }
  if (OPEN.test(text)) {
    return [{ kind: 'open' }]
  }
  if (!AUXILIARY.test(text)) {
    return [{ kind: 'no-question' }]
  }
  const word = MEANING.exec(text)?.[0]
  return [
    ...(unknown.length === 0 ? [] : [{ kind: 'words', words: unknown } as const]),
    ...(word === undefined ? [] : [{ kind: 'meaning', word } as const]),
    ...(STARTS_WITH_AUXILIARY.test(text) ? [] : [{ kind: 'start' } as const]),
  ]
}

/** As `problemsOf`, for a text that pictures are compared with. */
export function textProblemsOf(
  text: string,
  languages: readonly string[] | undefined,
  unknown: readonly string[] = [],
): QuestionProblem[] {
  if (languages !== undefined && !mayBeIn(languages, text)) {
    return [{ kind: 'language', languages }]
  }
  const word = MEANING.exec(text.toLowerCase().replaceAll('’', "'"))?.[0]
  return [
    ...(unknown.length === 0 ? [] : [{ kind: 'words', words: unknown } as const]),
    ...(word === undefined ? [] : [{ kind: 'meaning', word } as const]),
  ]
}

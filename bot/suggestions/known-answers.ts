/**
 * Whether the answer to a suggested question is known already, or there is none: such a question is
 * not suggested. The words come from the model's card.
 */

import type { ModelCard } from '../../inference/package/model-card.ts'
import type { Turn } from '../../inference/contract/types.ts'
import { normalizeText } from '../../inference/text/normalize-text.ts'

export type QuestionWords = Pick<
  NonNullable<ModelCard['questions']>,
  'words' | 'things' | 'noAnswers'
>

type Known = { readonly caption: string; readonly history: readonly Turn[] }

/** Words of a question that are in every caption, so they say nothing of what it is about. */
const FUNCTION_WORDS = new Set(
  'what which who where when why how is are was were do does the a an of to in on at and or it there this that many much'.split(
    ' ',
  ),
)

const COUNT_OR_YES_NO = /^(\d+|zero|one|two|three|four|five|six|seven|eight|nine|ten|yes|no)$/

/** The answer to "how many" where there are none. */
const NO_COUNT = /^(?:0|zero)$/

/** Whether a question is not worth suggesting, given the model's answer to it. */
export function isKnown(
  words: QuestionWords,
  { question, answer }: { readonly question: string; readonly answer: string },
  { caption, history }: Known,
): boolean {
  const text = normalizeText(answer)
  const last = history.at(-1)
  return (
    text === '' ||
    saysNothing(words, text) ||
    NO_COUNT.test(text) ||
    isAmbiguous(words, question, caption) ||
    // The question counts too: after "what color is the star?" nobody asks what shape it is.
    (last !== undefined && includesWords(normalizeText(`${last.question} ${last.answer}`), text)) ||
    isSaid(words, { caption, text, about: aboutOf(words, question, last) })
  )
}

/** Whether a question is about "the star" of several that the caption names. */
function isAmbiguous(words: QuestionWords, question: string, caption: string): boolean {
  const named = normalizeText(caption).split(' ')
  const asked = normalizeText(question)
  return thingsIn(words, asked).some(
    (thing) =>
      includesWords(asked, `the ${thing}`) && named.filter((word) => word === thing).length > 1,
  )
}

/** The one thing that "it" stands for after a turn; null: the turn is not about exactly one. */
export function referentOf(words: QuestionWords, last: Turn | undefined): string | null {
  if (last === undefined) {
    return null
  }
  const answer = normalizeText(last.answer)
  const named = thingsIn(words, answer)
  if (named.length > 0) {
    return named.length === 1 ? named[0]! : null
  }
  const asked = thingsIn(words, normalizeText(last.question))
  const isAboutIt = !COUNT_OR_YES_NO.test(answer) && !saysNothing(words, answer)
  return isAboutIt && asked.length === 1 ? asked[0]! : null
}

/**
 * Whether one clause of the caption says the answer of what was asked about: "a small red circle"
 * says the color of the circle, but not what is above it.
 */
function isSaid(
  { words }: QuestionWords,
  { caption, text, about }: { caption: string; text: string; about: readonly string[] },
): boolean {
  const answered = new Set(text.split(' '))
  const rest = about.filter((word) => !answered.has(word))
  const listed = rest.filter((word) => Object.values(words).some((list) => list.includes(word)))
  const subject = listed.length > 0 ? listed : rest
  return caption.split(/[,;.]|\band\b/u).some((part) => {
    const clause = normalizeText(part)
    return includesWords(clause, text) && subject.some((word) => includesWords(clause, word))
  })
}

/** The words that a question is about, with what "it" stands for. */
function aboutOf(words: QuestionWords, question: string, last: Turn | undefined): string[] {
  const all = normalizeText(question).split(' ')
  const referent = all.includes('it') ? referentOf(words, last) : null
  return [...all.filter((word) => !FUNCTION_WORDS.has(word)), ...(referent ? [referent] : [])]
}

/** The different words of a text that name things. */
function thingsIn({ words, things }: QuestionWords, text: string): string[] {
  const lists = things ?? Object.keys(words)
  const names = new Set(lists.flatMap((list) => words[list] ?? []))
  return [...new Set(text.split(' ').filter((word) => names.has(word)))]
}

function saysNothing({ noAnswers = [] }: QuestionWords, text: string): boolean {
  return noAnswers.some((none) => normalizeText(none) === text)
}

function includesWords(text: string, words: string): boolean {
  return ` ${text} `.includes(` ${words} `)
}

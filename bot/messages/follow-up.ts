/**
 * The question of a reply to an answer. An answer about several pictures is asked on about each of
 * them, or about all together if it was, unless the question starts with the number of one: `2: what
 * color is it?`.
 */

import type { AnswerRecord } from '../memory/records.ts'
import { numberOf } from '../requests/answer-message.ts'

/** `2: …`, `2. …`, `#2 …`, `picture 2, …`, and the same in Chinese. */
const NUMBERED =
  /^(?:(?:#|picture|image|图片?|第)\s*(\d{1,2})[\s张:.),：，。、）]*|(\d{1,2})\s*[:.)：、）]\s*)(?=[^\s张:.),：，。、）\d])/i

/** The request for the next question; undefined if the answer is about no picture. */
export function followUpTo(
  { parts, together }: Pick<AnswerRecord, 'parts' | 'together'>,
  said: string,
) {
  const readable = parts.flatMap(({ talk, turn }, index) =>
    talk === '' ? [] : [{ talk, turn, number: numberOf(parts, index) }],
  )
  const match = NUMBERED.exec(said)
  const chosen = readable.find(({ number }) => number === Number(match?.[1] ?? match?.[2]))
  const question = chosen && match ? said.slice(match[0].length) : said
  const [first, ...others] = chosen ? [chosen] : readable
  const all = { others, together: together === true && others.length > 0 }
  return first && ({ kind: 'ask', ...first, ...all, question, quoted: false } as const)
}

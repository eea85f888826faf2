/**
 * Asks the model that compares pictures with texts whether a described picture lies in the domain: the words
 * with which the model that writes declines a picture may fit it, though another caption was generated.
 * `npm run bench -- domain` shows what that adds.
 */

import { isDeepStrictEqual } from 'node:util'
import { hasCode } from '../../config/errors.ts'
import type { Answer, TextMatch } from '../contract/types.ts'
import type { JudgedCard } from './judgment.ts'

/** From this probability on, the words fit a picture (ITM, 0 to 1). */
const FITS = 0.5

/** The declining words of a model, if the one that compares learned them: it knows the same pictures. */
export function decliningWords(
  { domain }: JudgedCard,
  matcher: JudgedCard | null,
): string | undefined {
  const known = matcher?.domain?.knows
  return known && isDeepStrictEqual(known, domain?.knows) ? domain?.declined : undefined
}

/**
 * A description with the verdict that the match gives it.
 *
 * @param match of the picture with the declining words. Where that cannot be told (a full queue, too late),
 *   the description stays as it is.
 */
export async function withMatchJudged(
  answer: Answer,
  match: () => Promise<TextMatch>,
): Promise<Answer> {
  const { judgment } = answer
  if (judgment.verdict === 'outside') {
    return answer
  }
  try {
    const { itm } = await match()
    return itm < FITS ? answer : { ...answer, judgment: { ...judgment, verdict: 'outside' } }
  } catch (error) {
    if (hasCode(error, 'queue/full', 'queue/deadline')) {
      return answer
    }
    throw error
  }
}

/**
 * The words with which a model declines a picture may fit it, though another caption was generated: a matcher
 * that learned them tells. `npm run bench -- domain` shows what that adds.
 */

import { isDeepStrictEqual } from 'node:util'
import type { BaseCard } from '../families/common/card-base.ts'

type CardWithDomain = Pick<BaseCard, 'domain'>

/** From this probability on, the declining words fit a picture (ITM, 0 to 1), which is then outside. */
export const DECLINED_FROM = 0.5

/** The declining words of a model, if its matcher learned them: it knows the same pictures. */
export function decliningWords(
  { domain }: CardWithDomain,
  matcher: CardWithDomain,
): string | undefined {
  const known = matcher.domain?.knows
  return known && isDeepStrictEqual(known, domain?.knows) ? domain?.declined : undefined
}

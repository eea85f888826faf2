/** The terms of a rule in a line of the bot. */

import { quoted } from '../answer-text.ts'
import type { RuleTerm } from './rule.ts'

/** Terms with their points: `casino\\* (2), promo code (3)`. */
export function termsText(terms: readonly Pick<RuleTerm, 'text' | 'weight'>[]): string {
  return terms.map(({ text, weight }) => `${quoted(text)} (${weight})`).join(', ')
}

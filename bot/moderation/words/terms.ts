/**
 * The weighted terms of a rule, as people write them: in an option, separated by commas, or in a file,
 * one on each line with its reason.
 *
 *     casino*=2, free nitro, /\d,\d{3} usdt/=3
 *     promo code=3  # what these pictures tell people to enter
 */

import { quoted } from '../../../commands/answer-text.ts'
import { InputError } from '../../../config/errors.ts'
import { type RuleTerm, RULE_LIMITS } from '../../../commands/moderation/rule.ts'
import { compilePattern } from './pattern.ts'
import { compileTerm } from './term.ts'

const SEPARATOR = '[,，、;；]'
const WEIGHT = String.raw`\s*(?:[=＝]\s*(?<weight>[^,，、;；]*?))?\s*`
/** A slash inside a pattern is escaped, as in JavaScript. */
const PATTERN = new RegExp(
  String.raw`\s*(?<text>/(?:\\.|[^\\/])+/)${WEIGHT}(?:${SEPARATOR}|$)`,
  'uy',
)
const WORDS = new RegExp(String.raw`\s*(?<text>[^,，、;；=＝]*?)${WEIGHT}(?:${SEPARATOR}|$)`, 'uy')
/** At the start of a line, or after a space. */
const COMMENT = /(?:^|\s)#\s*(?<reason>.*)$/u

/** The source of a term that is a pattern; null: it is words. */
export function patternOf({ text }: Pick<RuleTerm, 'text'>): string | null {
  return /^\/(.+)\/$/su.exec(text)?.[1] ?? null
}

/**
 * Reads terms; of a term that is written twice, the last one counts.
 *
 * @throws {InputError} if a term cannot be used, or there are too many or none.
 */
export function readTerms(written: string): RuleTerm[] {
  const terms = new Map<string, RuleTerm>()
  for (const line of written.split(/[\r\n]+/)) {
    const reason = COMMENT.exec(line)?.groups?.['reason']?.trim() ?? ''
    for (const term of termsOfLine(line.replace(COMMENT, ''))) {
      terms.set(
        term.text,
        reason === '' ? term : { ...term, reason: reason.slice(0, RULE_LIMITS.reason.max) },
      )
    }
  }
  if (terms.size === 0) {
    throw new InputError('rule/no-terms')
  }
  if (terms.size > RULE_LIMITS.terms.max) {
    throw new InputError('rule/too-many-terms', { most: RULE_LIMITS.terms.max })
  }
  return [...terms.values()]
}

/** The terms as a file that `readTerms` reads. */
export function writeTerms(terms: readonly RuleTerm[]): string {
  return terms
    .map(({ text, weight, reason }) => `${text}=${weight}${reason ? `  # ${reason}` : ''}\n`)
    .join('')
}

function termsOfLine(line: string): RuleTerm[] {
  const terms: RuleTerm[] = []
  for (let at = 0; at < line.length;) {
    const part = matchAt(PATTERN, line, at) ?? matchAt(WORDS, line, at)
    if (!part) {
      throw new InputError('rule/bad-term', { term: shown(line.slice(at)) })
    }
    const { text = '', weight } = part.groups ?? {}
    if (text !== '' || weight !== undefined) {
      terms.push(checked(text.trim(), weight))
    }
    at += part[0].length
  }
  return terms
}

function matchAt(expression: RegExp, text: string, at: number): RegExpExecArray | null {
  expression.lastIndex = at
  return expression.exec(text)
}

function checked(text: string, written: string | undefined): RuleTerm {
  const { min, max } = RULE_LIMITS.weight
  const weight = written === undefined ? 1 : Number(written.trim() || Number.NaN)
  if (!Number.isInteger(weight) || weight < min || weight > max) {
    throw new InputError('rule/bad-weight', { term: shown(text), min, max })
  }
  if (text.length > RULE_LIMITS.term.max) {
    throw new InputError('rule/long-term', { term: shown(text), most: RULE_LIMITS.term.max })
  }
  const source = patternOf({ text })
  if (source === null) {
    if (compileTerm(text) === null) {
      throw new InputError('rule/bad-term', { term: shown(text) })
    }
    return { text, weight }
  }
  const pattern = compilePattern(source)
  if (typeof pattern === 'string') {
    throw new InputError('rule/bad-pattern', { pattern: shown(text), problem: pattern })
  }
  return { text, weight }
}

function shown(text: string): string {
  return quoted(text, RULE_LIMITS.term.max)
}

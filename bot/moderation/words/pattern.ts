/**
 * Regular expressions of a rule, by RE2: its time grows linearly with the text, so that no pattern
 * that a manager writes can hold up the bot. There are no look-arounds and back-references.
 *
 * A letter or digit of a pattern matches what looks like it. Classes such as `\d` and `[a-z]` match what
 * they say, and spaces count, unlike in terms.
 */

import { RE2JS, RE2JSException } from 're2js'
import { simplified } from './fold.ts'
import { lookAlikesOf } from './look-alikes.ts'

/** Instructions of one compiled pattern; the time of a search is this times the length of the text. */
export const MAX_PROGRAM = 200

/**
 * Why a pattern is refused: something is not closed, RE2 does not have it, it takes too long, it
 * matches every text, or anything else.
 */
export type PatternProblem = 'unclosed' | 'unsupported' | 'too-large' | 'matches-all' | 'invalid'

export type Pattern = {
  /** Whether a text has it. @param text from `readable`. */
  readonly isIn: (text: string) => boolean
  /** Its instructions. */
  readonly size: number
}

/** The form of a text that patterns see. */
export function readable(lines: readonly string[]): string {
  return lines.map(simplified).join('\n')
}

/** Compiles the source of a pattern, without its slashes. */
export function compilePattern(source: string): Pattern | PatternProblem {
  try {
    const compiled = RE2JS.compile(withLookAlikes(source), RE2JS.CASE_INSENSITIVE | RE2JS.MULTILINE)
    const size = compiled.programSize()
    if (size > MAX_PROGRAM) {
      return 'too-large'
    }
    if (compiled.matcher('').find()) {
      return 'matches-all'
    }
    return { size, isIn: (text) => compiled.matcher(text).find() }
  } catch (error) {
    if (error instanceof RE2JSException) {
      return problemOf(error.message)
    }
    throw error
  }
}

function problemOf(message: string): PatternProblem {
  if (/missing closing|trailing backslash|unexpected \)/.test(message)) {
    return 'unclosed'
  }
  if (/Perl syntax|invalid named capture|invalid escape/.test(message)) {
    return 'unsupported'
  }
  return /repeat count|too large|nest/.test(message) ? 'too-large' : 'invalid'
}

/** Escapes of several characters, then of one. */
const ESCAPE = String.raw`\\[pP](?:\{[^}]*\}|.)|\\x(?:\{[^}]*\}|..)|\\.`
/** Parts of a pattern that are copied as they are; `\Q` starts literal text. */
const SYNTAX = new RegExp(
  String.raw`\\Q.*?(?:\\E|$)|${ESCAPE}|\(\?[^:)>]*[:)>]?|\{\d+(?:,\d*)?\}|[.^$*+?|(){}\]]`,
  'suy',
)
/** The start of a class; a bracket that closes right there is a character of it. */
const CLASS_START = /\[\^?\]?/uy
/** What stands in a class: a range or another part that is copied, or one character. */
const IN_CLASS = new RegExp(
  String.raw`\[:\^?\w+:\]|(?:${ESCAPE}|[^\\\]])-(?:${ESCAPE}|[^\\\]])|${ESCAPE}|(?<single>[^\\\]])`,
  'suy',
)

/** The pattern with each single letter and digit replaced by all that look like it. */
function withLookAlikes(source: string): string {
  let pattern = ''
  for (let at = 0; at < source.length;) {
    const start = matchAt(CLASS_START, source, at)?.[0]
    if (start !== undefined) {
      const { inside, end } = wider(source, at + start.length)
      pattern += start + inside
      at = end
      continue
    }
    const copied = matchAt(SYNTAX, source, at)?.[0]
    const part = copied ?? String.fromCodePoint(source.codePointAt(at) ?? 0)
    pattern += copied ?? literal(part)
    at += part.length
  }
  return pattern
}

function matchAt(expression: RegExp, text: string, at: number): RegExpExecArray | null {
  expression.lastIndex = at
  return expression.exec(text)
}

/** A character outside of classes, and what looks like it. */
function literal(character: string): string {
  const alternatives = Array.from(simplified(character).toLowerCase(), lookAlikesOf)
  return alternatives
    .map((alike) => (alike.length === 1 ? RE2JS.quote(alike) : `[${alike}]`))
    .join('')
}

/** The parts of a class with what looks like its single characters. @param at after its start. */
function wider(source: string, at: number): { readonly inside: string; readonly end: number } {
  let inside = ''
  let end = at
  for (let part = matchAt(IN_CLASS, source, end); part; part = matchAt(IN_CLASS, source, end)) {
    const single = part.groups?.['single']
    // The character itself stays first: `^` and `-` mean something in other places.
    inside += single === undefined ? part[0] : single + othersLike(single)
    end += part[0].length
  }
  return { inside, end } // the bracket that closes it is copied as syntax
}

function othersLike(character: string): string {
  const simple = simplified(character).toLowerCase()
  const alike = lookAlikesOf(simple)
  return alike.length === 1 ? '' : alike
}

/** Makes a rule of what a manager wrote: its question, its text, or its words from a list, a file or an option. */

import { InputError } from '../../../config/errors.ts'
import {
  DEFAULT_POINTS,
  type MatchRule,
  type QuestionRule,
  type Rule,
  RULE_LIMITS,
  type WordsRule,
} from '../../../commands/moderation/rule.ts'
import type { RuleSubject, RuleWish } from '../../../commands/moderation/rules-service.ts'
import type { PictureLink } from '../../../commands/picture.ts'
import type { FetchPicture } from '../../pictures/download.ts'
import { shippedList } from '../words/shipped-lists.ts'
import { readTerms } from '../words/terms.ts'
import type { NewRule } from './rule-store.ts'

/** Bytes of a file of words. */
const MAX_FILE_BYTES = 64 * 2 ** 10

type Content =
  | Pick<QuestionRule, 'kind' | 'question'>
  | Pick<WordsRule, 'kind' | 'terms'>
  | Pick<MatchRule, 'kind' | 'text'>

/**
 * @param existing the rule of that name, if there is one.
 * @throws {InputError} if its words cannot be used, or it does not say what it looks for, or from which
 *   probability a question or a text is a hit.
 */
export async function ruleOf(
  { subject, threshold, ...settings }: RuleWish,
  existing: Rule | undefined,
  fetchPicture: FetchPicture,
): Promise<NewRule> {
  const content = subject === null ? existing : await contentOf(subject, fetchPicture)
  if (!content) {
    throw new InputError('rule/no-subject')
  }
  const before = existing?.kind === content.kind ? existing.threshold : undefined
  if (content.kind === 'words') {
    const points = threshold ?? before ?? DEFAULT_POINTS
    return { ...settings, kind: 'words', terms: content.terms, threshold: points }
  }
  const percent = threshold === null ? undefined : Math.min(threshold, RULE_LIMITS.threshold.max)
  const least = percent === undefined ? before : percent / 100
  if (least === undefined) {
    throw new InputError('rule/needs-threshold')
  }
  return content.kind === 'match'
    ? { ...settings, kind: 'match', text: content.text, threshold: least }
    : { ...settings, kind: 'question', question: content.question, threshold: least }
}

async function contentOf(subject: RuleSubject, fetchPicture: FetchPicture): Promise<Content> {
  if (subject.kind !== 'words') {
    return subject
  }
  const { list, file, words } = subject
  const written = [
    ...(list === null ? [] : [shippedList(list)]),
    ...(file === null ? [] : [await textOf(file, fetchPicture)]),
    words,
  ]
  return { kind: 'words', terms: readTerms(written.join('\n')) }
}

/** @throws {InputError} if it is too large, or no text. */
async function textOf(file: PictureLink, fetchPicture: FetchPicture): Promise<string> {
  if (file.size > MAX_FILE_BYTES) {
    throw new InputError('rule/bad-file', { maxBytes: MAX_FILE_BYTES })
  }
  const bytes = await fetchPicture({ ...file, kind: 'file' })
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new InputError('rule/bad-file', { maxBytes: MAX_FILE_BYTES })
  }
}

/** The words of a case: what was read in its pictures, cut to what its message shows. */

import { quoted, shortened } from '../../../commands/answer-text.ts'
import type { Catalog } from '../../../commands/i18n/words.ts'
import type { Words } from '../../pictures/words.ts'
import { linksIn } from '../words/links.ts'
import type { Case } from './case-record.ts'

const MAX_TEXT = 280
const MAX_LINKS = 3
const MAX_CODES = 2
const MAX_LINK = 80

export type CaseWords = NonNullable<Case['words']>

/** What is kept of the words of some pictures; null: they have none. */
export function caseWordsOf(pictures: readonly Words[]): CaseWords | null {
  const lines = pictures.flatMap((words) => words.lines)
  const all = pictures.flatMap((words) => words.codes)
  if (lines.length + all.length === 0) {
    return null
  }
  const codes = short(all, MAX_CODES)
  return {
    text: shortened(lines.join(' / '), MAX_TEXT),
    links: short(linksIn(lines), MAX_LINKS),
    codes,
  }
}

/**
 * The lines of a case about its words: behind spoilers, since anybody may have written them, and so
 * that nothing in them formats, links or pings.
 */
export function caseWordLines(words: CaseWords | null, { moderation }: Catalog): string[] {
  const { case: text } = moderation
  const listed = (written: readonly string[]) => written.map(hidden).join(', ')
  return words === null
    ? []
    : [
        ...(words.text === '' ? [] : [text.words(hidden(words.text))]),
        ...(words.links.length === 0 ? [] : [text.links(listed(words.links))]),
        ...(words.codes.length === 0 ? [] : [text.codes(listed(words.codes))]),
      ]
}

/** The first of some texts, each once, cut. */
function short(texts: readonly string[], most: number): string[] {
  return [...new Set(texts)].slice(0, most).map((text) => shortened(text, MAX_LINK))
}

function hidden(written: string): string {
  return `||${quoted(written)}||`
}

/** The lists of words that come with the bot. No server uses one until a manager adds it as a rule. */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { WordList } from '../../../commands/moderation/rule.ts'

const FILES: Readonly<Record<WordList, string>> = { scams: 'scams.txt' }

/** A list as a file of terms (terms.ts). */
export function shippedList(name: WordList): string {
  return readFileSync(path.join(import.meta.dirname, FILES[name]), 'utf8')
}

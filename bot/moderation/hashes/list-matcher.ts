/**
 * Matches pictures with a server's hash list. An entry without words, of an earlier version or because
 * the reader was busy, would flag all other words on its template: its words are read from its case
 * when they are first needed.
 */

import { LRUCache } from 'lru-cache'
import { HOUR_MS } from '../../../config/durations.ts'
import type { Comparable } from '../../pictures/pictures.ts'
import type { GuildModeration } from '../settings.ts'
import { codeOf } from './hash-entry.ts'
import type { HashList } from './hash-list.ts'
import type { Match } from './loaded-hashes.ts'
import type { PictureWords, Reading } from './picture-words.ts'

/** An entry whose words could not be read is tried again after this time. */
const RETRY_MS = HOUR_MS
const MAX_TRIED = 1000

type Deps = {
  readonly guilds: GuildModeration
  readonly hashList: HashList
  readonly words: PictureWords
  /** Reads the words of a case's pictures for the entries of the list. */
  readonly readCase: (guildId: string, caseId: string) => Promise<void>
}

export class ListMatcher {
  readonly #deps: Deps
  readonly #tried = new LRUCache<string, true>({ max: MAX_TRIED, ttl: RETRY_MS })

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** The entry that a picture matches best. */
  async match({ picture, print }: Comparable, reading: Reading): Promise<Match | undefined> {
    const { guilds, hashList, words, readCase } = this.#deps
    const { guildId } = reading
    for (;;) {
      const { hashListVersion } = await guilds.of(guildId)
      const read = () => words.ofPicture(picture, reading)
      const match = await hashList.match(guildId, print, hashListVersion, read)
      const caseId = match && caseToRead(match)
      const key = match && `${guildId}/${codeOf(match.entry)}`
      if (!caseId || !key || this.#tried.has(key)) {
        return match
      }
      this.#tried.set(key, true)
      await readCase(guildId, caseId)
    }
  }
}

/** The case whose pictures have the words that would decide; null: they would not, or there is none. */
function caseToRead({ entry, relation }: Match): string | null {
  const isMissing = entry.words === null && entry.verdict !== 'imported'
  return isMissing && relation === 'resembles' ? entry.caseId : null
}

/**
 * Matches pictures with a server's hash list. An entry without words, of an earlier version or because
 * the reader was busy, would flag all other words on its template: its words are read from its case
 * when they are first needed.
 */

import { LRUCache } from 'lru-cache'
import { HOUR_MS, MINUTE_MS } from '../../../config/durations.ts'
import { KeyedMutex } from '../../store/keyed-mutex.ts'
import type { Comparable } from '../../pictures/pictures.ts'
import type { GuildModeration } from '../settings.ts'
import { codeOf } from './hash-entry.ts'
import type { HashList } from './hash-list.ts'
import type { Match } from './loaded-hashes.ts'
import type { PictureWords, Reading } from './picture-words.ts'

/** A case is read again soon where its words could not be read, as the reader may have been busy; then rarely. */
const SOON_MS = 5 * MINUTE_MS
const LATER_MS = HOUR_MS
const MAX_TRIED = 1000

/** What became of reading a case's pictures: done, or there are none; or their words could not be read. */
export type CaseReading = 'ended' | 'unread'

type Deps = {
  readonly guilds: GuildModeration
  readonly hashList: HashList
  readonly words: Pick<PictureWords, 'ofPicture'>
  /** Reads the words of a case's pictures for the entries of the list. */
  readonly readCase: (guildId: string, caseId: string) => Promise<CaseReading>
}

export class ListMatcher {
  readonly #deps: Deps
  /** Entries whose case was read. */
  readonly #tried = new LRUCache<string, true>({ max: MAX_TRIED })
  /** Those of them whose words could not be read. */
  readonly #unread = new LRUCache<string, true>({ max: MAX_TRIED })
  /** By entry: pictures on one template that come together wait for one reading of its case. */
  readonly #reading = new KeyedMutex()

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** The entry that a picture matches best. */
  async match({ picture, print }: Comparable, reading: Reading): Promise<Match | undefined> {
    const { guilds, hashList, words } = this.#deps
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
      await this.#reading.run(key, () => this.#readOnce(key, guildId, caseId))
    }
  }

  async #readOnce(key: string, guildId: string, caseId: string): Promise<void> {
    if (this.#tried.has(key)) {
      return
    }
    let outcome: CaseReading = 'unread'
    try {
      outcome = await this.#deps.readCase(guildId, caseId)
    } finally {
      const isFirst = !this.#unread.has(key)
      this.#tried.set(key, true, { ttl: outcome === 'unread' && isFirst ? SOON_MS : LATER_MS })
      if (outcome === 'unread') {
        this.#unread.set(key, true)
      }
    }
  }
}

/** The case whose pictures have the words that would decide; null: they would not, or there is none. */
function caseToRead({ entry, relation }: Match): string | null {
  const isMissing = entry.words === null && entry.verdict !== 'imported'
  return isMissing && relation === 'resembles' ? entry.caseId : null
}

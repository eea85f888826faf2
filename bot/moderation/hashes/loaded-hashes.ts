/**
 * A server's hash list in memory, and the search in it.
 *
 * A cropped form is compared with the whole of the other picture only: two cropped forms have little
 * in them, and those of dark screenshots are nearly all alike.
 */

import { DAY_MS } from '../../../config/durations.ts'
import { type Fingerprint, sameDetail } from '../../pictures/fingerprint.ts'
import { codeOf, type HashEntry } from './hash-entry.ts'
import { HashIndex } from './hash-index.ts'

/** The entry that a picture matches. */
export type Match = {
  readonly entry: HashEntry
  /** The bits in which they differ, of 64. */
  readonly distance: number
  /**
   * Whether it is the same picture, words included. Otherwise it only resembles the entry, as a
   * cropped copy does, or another text on the same template.
   */
  readonly isSame: boolean
}

export class LoadedHashes {
  /** Of the list in the store that it has. */
  version: number
  readonly #whole = new HashIndex<HashEntry>()
  readonly #cropped = new HashIndex<HashEntry>()
  /** The most bits that any entry allows, or allowed. */
  #reach = 0
  /** By code: each entry, and when it was last seen. */
  readonly #entries = new Map<string, { readonly entry: HashEntry; seenAt: number }>()

  constructor(version: number) {
    this.version = version
  }

  get size(): number {
    return this.#entries.size
  }

  add(entry: HashEntry): void {
    this.remove(codeOf(entry))
    this.#whole.add(entry.hash, entry)
    for (const hash of entry.cropped) {
      this.#cropped.add(hash, entry)
    }
    this.#reach = Math.max(this.#reach, entry.distance)
    this.#entries.set(codeOf(entry), { entry, seenAt: entry.seenAt })
  }

  remove(code: string): void {
    const known = this.#entries.get(code)
    if (known) {
      this.#entries.delete(code)
      this.#whole.remove(known.entry)
      this.#cropped.remove(known.entry)
    }
  }

  /** Whether an entry was seen within the last day. */
  isFresh(code: string, now: number): boolean {
    const known = this.#entries.get(code)
    return known !== undefined && now - known.seenAt <= DAY_MS
  }

  /** Notes that an entry was seen. */
  renew(code: string, now: number): void {
    const known = this.#entries.get(code)
    if (known) {
      known.seenAt = now
    }
  }

  /**
   * The entry that a picture matches best: one of the same picture before one that resembles it,
   * then a dismissal before a confirmation, then the nearest. An imported entry comes last.
   */
  bestMatch(print: Fingerprint): Match | undefined {
    let best: Match | undefined
    let bestRank: readonly number[] = []
    const consider = (entry: HashEntry, distance: number, detail: number | null) => {
      if (distance > entry.distance) {
        return
      }
      const rank = rankOf(entry, distance, detail)
      if (best === undefined || isBefore(rank, bestRank)) {
        best = { entry, distance, isSame: detail !== null }
        bestRank = rank
      }
    }
    this.#whole.visitNear(print.whole, this.#reach, (entry, distance) => {
      // An imported entry only flags, and a file may hold thousands near one picture.
      const isOwn = entry.verdict !== 'imported'
      consider(entry, distance, isOwn ? sameDetail(wholeOf(entry), print) : null)
    })
    const resembling = (entry: HashEntry, distance: number) => consider(entry, distance, null)
    for (const hash of [print.mirrored, ...print.cropped]) {
      this.#whole.visitNear(hash, this.#reach, resembling)
    }
    this.#cropped.visitNear(print.whole, this.#reach, resembling)
    return best
  }

  /** The codes of the entries that a new entry replaces: those of the same picture. */
  replacedBy(entry: HashEntry): string[] {
    const codes = new Set<string>()
    this.#whole.visitNear(entry.hash, 0, (other) => {
      // An entry of an older version has no detail: one hash was one picture then.
      const isOlder = other.detail === '' || entry.detail === ''
      if (isOlder || sameDetail(wholeOf(other), wholeOf(entry)) !== null) {
        codes.add(codeOf(other))
      }
    })
    return [...codes]
  }
}

function wholeOf({ hash, detail }: HashEntry): Pick<Fingerprint, 'whole' | 'detail'> {
  return { whole: hash, detail }
}

/** What decides between two matches, the most important first; the lower is the better. */
function rankOf({ verdict }: HashEntry, distance: number, detail: number | null): number[] {
  return [
    Number(verdict === 'imported'),
    Number(detail === null),
    detail ?? 0,
    Number(verdict !== 'dismissed'),
    distance,
  ]
}

function isBefore(rank: readonly number[], other: readonly number[]): boolean {
  const i = rank.findIndex((value, place) => value !== other[place])
  return i >= 0 && rank[i]! < other[i]!
}

/**
 * A server's hash list in memory, and the search in it.
 *
 * A cropped form is compared with the whole of the other picture only: two cropped forms have little
 * in them, and those of dark screenshots are nearly all alike.
 */

import { DAY_MS } from '../../../config/durations.ts'
import type { Relation, WordVerdict } from '../../../commands/moderation/word-verdict.ts'
import { type Fingerprint, isSimilarInDetail, sameDetail } from '../../pictures/fingerprint.ts'
import { codeOf, type HashEntry } from './hash-entry.ts'
import { HashIndex } from './hash-index.ts'
import type { WordSketch } from './word-sketch.ts'
import { compareWords, relationOf, saysSomething } from './word-verdict.ts'

/** Imported entries whose details are compared with a picture: a file may hold thousands near one. */
const MAX_IMPORTED_DETAILS = 200

/** The entry that a picture matches. */
export type Match = {
  readonly entry: HashEntry
  /** The bits in which they differ, of 64. */
  readonly distance: number
  /** The same picture, words included; one that resembles it; or other words on its template. */
  readonly relation: Relation
  readonly words: WordVerdict
}

/** Whether staff called a picture harmless: it, or one that it resembles, but not other words. */
export function dismisses(match: Match | undefined): boolean {
  return match?.entry.verdict === 'dismissed' && match.relation !== 'other'
}

/** What is compared with an entry: the bits in which they differ, and what is known besides. */
type Candidate = {
  readonly distance: number
  /** How far the details differ; null: not the same by them, or for an imported entry not similar. */
  readonly detail: number | null
  /** The words to compare; null: not known, or those of a mirror image. */
  readonly words: WordSketch | null
}

const RELATIONS: readonly Relation[] = ['same', 'resembles', 'other']

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

  /** Whether the words of a picture would tell what it matches. */
  needsWords(print: Fingerprint): boolean {
    let needed = false
    this.#visit(print, null, (entry) => {
      needed ||= entry.words !== null || entry.verdict === 'imported'
    })
    return needed
  }

  /**
   * The entry that a picture matches best: one of the same picture before one that resembles it, and
   * that before other words on its template; then a dismissal before a confirmation, then the nearest.
   * An imported entry comes last.
   *
   * @param words of the picture; null: not known.
   */
  bestMatch(print: Fingerprint, words: WordSketch | null = null): Match | undefined {
    let best: Match | undefined
    let bestRank: readonly number[] = []
    this.#visit(print, words, (entry, candidate) => {
      const { verdict, similarity } = compareWords(entry.words?.sketch ?? null, candidate.words)
      const relation =
        entry.verdict === 'imported'
          ? relationToImported(entry, candidate)
          : relationOf(verdict, candidate.detail !== null)
      const match = { entry, distance: candidate.distance, relation, words: verdict }
      const rank = rankOf(match, 1 - similarity, candidate.detail)
      if (best === undefined || isBefore(rank, bestRank)) {
        best = match
        bestRank = rank
      }
    })
    return best
  }

  /** Calls `visit` with each entry that a picture may match, possibly more than once. */
  #visit(
    print: Fingerprint,
    words: WordSketch | null,
    visit: (entry: HashEntry, candidate: Candidate) => void,
  ): void {
    const consider = (entry: HashEntry, candidate: Candidate) => {
      if (candidate.distance <= entry.distance) {
        visit(entry, candidate)
      }
    }
    let imported = 0
    this.#whole.visitNear(print.whole, this.#reach, (entry, distance) => {
      if (entry.verdict === 'imported') {
        imported += 1
        const isSimilar =
          imported <= MAX_IMPORTED_DETAILS && isSimilarInDetail(wholeOf(entry), print)
        consider(entry, { distance, detail: isSimilar ? distance : null, words })
      } else {
        consider(entry, { distance, detail: sameDetail(wholeOf(entry), print), words })
      }
    })
    this.#whole.visitNear(print.mirrored, this.#reach, (entry, distance) => {
      consider(entry, { distance, detail: null, words: null })
    })
    const cut = (entry: HashEntry, distance: number) =>
      consider(entry, { distance, detail: null, words })
    for (const hash of print.cropped) {
      this.#whole.visitNear(hash, this.#reach, cut)
    }
    this.#cropped.visitNear(print.whole, this.#reach, cut)
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

/**
 * An imported entry has no words and only flags. It resembles a picture that is similar in detail, or
 * one without words; any other one may say something else on its template.
 */
function relationToImported(
  { detail: ofEntry }: HashEntry,
  { detail, words }: Candidate,
): Relation {
  const mayDiffer = words !== null && saysSomething(words)
  return detail !== null || ofEntry === '' || !mayDiffer ? 'resembles' : 'other'
}

/**
 * What decides between two matches, the most important first; the lower is the better.
 *
 * @param apart share of the words that they do not have in common.
 */
function rankOf(
  { entry: { verdict }, relation, distance }: Match,
  apart: number,
  detail: number | null,
): number[] {
  const isSame = relation === 'same'
  return [
    Number(verdict === 'imported'),
    RELATIONS.indexOf(relation),
    isSame ? apart : 0,
    isSame ? (detail ?? Infinity) : 0,
    Number(verdict !== 'dismissed'),
    distance,
  ]
}

function isBefore(rank: readonly number[], other: readonly number[]): boolean {
  const i = rank.findIndex((value, place) => value !== other[place])
  return i >= 0 && rank[i]! < other[i]!
}

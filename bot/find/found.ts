/** Pictures that were found by the words in them and by what they show, together. */

import type { MeaningHit } from './meaning-search.ts'
import type { Candidate } from './picture-index/best.ts'

/** What was found of a picture. */
export type Found = {
  readonly key: string
  readonly score: number
  /** Whether all words stand in it. */
  readonly byWords: boolean
  /** The probability that it shows them, 0 to 1; null: not known; absent: it was found by words only. */
  readonly probability?: number | null
}

/** The pictures of both searches, the best first: what speaks for a picture adds up. */
export function together(byWords: readonly Candidate[], byMeaning: readonly MeaningHit[]): Found[] {
  const all = new Map(byWords.map(({ key, score, at }) => [key, { key, score, at, byWords: true }]))
  const found = new Map<string, Found & { readonly at: number }>(all)
  for (const { key, score, at, probability } of byMeaning) {
    const other = all.get(key)
    found.set(key, {
      key,
      score: score + (other?.score ?? 0),
      at,
      byWords: other !== undefined,
      probability,
    })
  }
  return [...found.values()].toSorted((a, b) => b.score - a.score || b.at - a.at)
}

/**
 * The search behind /find: every scorer looks at every picture that the person may see, and the best
 * match of a picture counts. Words are one scorer; one that compares vectors can stand beside it.
 */

import type { SearchablePicture } from './searchable.ts'

/** How well a picture fits a query. */
export type Match = {
  /** The higher, the better. */
  readonly score: number
  /** The words around the hit; empty: it was not found by its words. */
  readonly excerpt: () => string
}

/** Compares pictures with one query. */
export type Scorer = {
  /** @returns null for a picture that does not fit. */
  match(picture: SearchablePicture): Match | null
}

export type Hit = Match & { readonly key: string; readonly picture: SearchablePicture }

/**
 * The best pictures first; of equally good ones, the newest.
 *
 * @returns at most `most` hits, and how many pictures fit.
 */
export async function search(
  pictures: AsyncIterable<readonly [key: string, picture: SearchablePicture]>,
  scorers: readonly Scorer[],
  most: number,
): Promise<{ readonly hits: readonly Hit[]; readonly count: number }> {
  let hits: Hit[] = []
  let count = 0
  for await (const [key, picture] of pictures) {
    const matches = scorers.flatMap((scorer) => scorer.match(picture) ?? [])
    const [best] = matches.toSorted(better)
    if (best) {
      count += 1
      hits.push({ ...best, key, picture })
    }
    if (hits.length > 4 * most) {
      hits = bestOf(hits, most)
    }
  }
  return { hits: bestOf(hits, most), count }
}

function bestOf(hits: readonly Hit[], most: number): Hit[] {
  return hits.toSorted((a, b) => better(a, b) || b.picture.at - a.picture.at).slice(0, most)
}

function better(a: Match, b: Match): number {
  return b.score - a.score
}

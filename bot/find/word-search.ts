/** Finds pictures by the words in them, among those that are in memory. */

import type { Access } from './access.ts'
import { Best, type Candidate } from './picture-index/best.ts'
import type { PictureIndex } from './picture-index/picture-index.ts'
import type { WordScorer } from './word-scorer.ts'

type Query = {
  readonly scorer: WordScorer
  /** How many are given. */
  readonly most: number
  readonly access: Pick<Access, 'among'>
  /** Null: all channels. */
  readonly channelId: string | null
}

/**
 * The best pictures first; of equally good ones, the newest.
 *
 * @param parts of the pictures of a server.
 * @returns at most `most` hits, and how many pictures fit.
 */
export async function searchWords(
  parts: AsyncIterable<PictureIndex>,
  { scorer, most, access, channelId }: Query,
): Promise<{ readonly hits: readonly Candidate[]; readonly count: number }> {
  const best = new Best(most)
  let count = 0
  for await (const index of parts) {
    count += index.findWords(scorer, await access.among(index.channels, channelId), best)
  }
  return { hits: best.inOrder(), count }
}

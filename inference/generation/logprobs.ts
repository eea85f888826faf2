/** How likely the tokens of an answer were. */

import type { ChosenLogprob, TokenLogprob } from '../contract/types.ts'
import type { Vocabulary } from '../text/token-bytes.ts'
import { logSoftmax, topIndices } from './scores.ts'

/**
 * @param logits float32 [vocabSize], as the model gave them; not changed.
 * @param count how many of the likeliest are wanted.
 * @returns what tells of the chosen id.
 */
export function logprobsOf(
  logits: Float32Array,
  count: number,
  { bytesOf }: Vocabulary,
): (chosen: number) => ChosenLogprob {
  const all = logSoftmax(logits)
  const one = (tokenId: number): TokenLogprob => {
    const bytes = bytesOf(tokenId)
    return { tokenId, bytes: bytes && [...bytes], logprob: all[tokenId]! }
  }
  return (chosen) => ({ ...one(chosen), top: topIndices(all, count).map(one) })
}

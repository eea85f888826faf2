/** Makes programs of requests that compare pictures with texts. */

import type { EmbedTextRequest, MatchRequest } from '../../contract/requests.ts'
import type { TextMatch } from '../../contract/types.ts'
import type { ImageVectors, Matcher } from '../../families/common/runner.ts'
import type { Program } from '../work.ts'

type Prepare = Pick<Matcher, 'prepare'>

/** @throws {InputError} if a text is too long. */
export function matchProgram(matcher: Prepare, { texts }: MatchRequest): Program {
  const prepared = texts.map((text) => ({ text, ids: matcher.prepare(text) }))
  return {
    rows: 0,
    run: async (engine) => {
      await engine.encode(null)
      const vectors = await engine.embedImage()
      const matches: TextMatch[] = []
      for (const { text, ids } of prepared) {
        const itc = largestProduct(vectors, await engine.embedText(ids))
        matches.push({ text, itm: await engine.match(ids), itc })
      }
      return matches
    },
  }
}

/** @throws {InputError} if the text is too long. */
export function embedTextProgram(matcher: Prepare, { text }: EmbedTextRequest): Program {
  const ids = matcher.prepare(text)
  return { rows: 0, run: (engine) => engine.embedText(ids) }
}

/** Gives what texts are compared with. */
export const EMBED_IMAGE: Program = {
  rows: 0,
  run: async (engine) => {
    const [{ timings }] = await engine.encode(null)
    return { ...(await engine.embedImage()), timings }
  },
}

/** Of a picture's vectors with that of a text; all have length 1, so it is a cosine. */
export function largestProduct({ data, shape }: ImageVectors, vector: Float32Array): number {
  const [rows, width] = shape
  let largest = -1
  for (let row = 0; row < rows; row++) {
    let sum = 0
    for (let i = 0; i < width; i++) {
      sum += data[row * width + i]! * vector[i]!
    }
    largest = Math.max(largest, sum)
  }
  return largest
}

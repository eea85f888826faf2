/**
 * What a package gives at every seam, for some pictures: the vision tower's output, the image
 * tokens, and the logits along given ids. Runs the engine's parts without the scheduler, one by one.
 */

import { Decoder } from '../../inference/engine/decoder.ts'
import { Encoder } from '../../inference/engine/encoder.ts'
import { openSessions, releaseSessions } from '../../inference/runtime/sessions.ts'
import { argmax } from '../../inference/generation/scores.ts'
import { openPackage } from '../../inference/package/open-package.ts'

/** Of one picture. Every seam is made of the package's own output of the one before. */
export type Seams = {
  /** float32, [visionTokens, visionHidden]. */
  readonly imageEmbeds: Float32Array
  /** float32, [queryTokens, embedSize]. */
  readonly imageTokens: Float32Array
  /** float32, [ids, vocabSize]: before each id. */
  readonly logits: Float32Array
  /** The ids that the logits are along, those of plain greedy where none were given. */
  readonly ids: readonly number[]
}

/**
 * @param along ids for each picture, so that two packages are compared on the same text; without
 *   them, that number of each picture's own greedy ids.
 */
export async function measureSeams(
  folder: string,
  pictures: readonly Uint8Array[],
  along: readonly (readonly number[])[] | number,
  threads: number,
): Promise<Seams[]> {
  process.env['ORT_DISABLE_TELEMETRY'] = '1' // as in inference/backends/thread.ts
  const { card } = await openPackage(folder)
  const sessions = await openSessions(folder, card, threads)
  try {
    const encoder = new Encoder(sessions, card, {})
    const decoder = new Decoder(sessions.decoder, card.dimensions)
    const seams: Seams[] = []
    for (const [i, picture] of pictures.entries()) {
      const imageEmbeds = await encoder.see([await encoder.preprocess(picture)])
      const [image] = await encoder.bridge(imageEmbeds, 1)
      if (!image) {
        throw new RangeError('expected the tokens of a picture')
      }
      const given = typeof along === 'number' ? null : along[i]!
      const count = typeof along === 'number' ? along : along[i]!.length
      const cache = decoder.createCache()
      let ids: readonly number[] = [card.tokens.bos]
      const found: number[] = []
      const rows: Float32Array[] = []
      for (let step = 0; step < count; step++) {
        const start = step === 0 ? { image } : {}
        const logits = await decoder.run(cache, {
          ...start,
          ids: [ids],
          logits: 'last',
          keep: true,
        })
        rows.push(logits)
        found.push(given?.[step] ?? argmax(logits))
        ids = [found.at(-1)!]
      }
      const logits = new Float32Array(rows.flatMap((row) => Array.from(row)))
      seams.push({ imageEmbeds, imageTokens: image.data, logits, ids: found })
    }
    return seams
  } finally {
    await releaseSessions(sessions)
  }
}

/**
 * What a package gives at every seam, for some pictures: the vision tower's output, the image
 * tokens, and the logits along given ids. Runs the engine's parts without the scheduler, one by one.
 */

import { textCard } from '../../inference/package/model-card.ts'
import { familyOf } from '../../inference/families/index.ts'
import { hostCaches } from '../../inference/kv/host-cache.ts'
import { toPixelValues } from '../../inference/image/pixel-values.ts'
import { openSessions } from '../../inference/runtime/sessions.ts'
import { argmax } from '../../inference/generation/scores.ts'
import { tokenizerOpener } from '../../inference/text/tokenizer.ts'
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
    const { images, decoder } = await familyOf(card).open(card, {
      openTokenizer: tokenizerOpener(folder),
      sessions,
      openCaches: async (shape) => hostCaches(shape),
      longestRun: Infinity,
      encode: () => [textCard(card).tokens.bos], // no text: what stands for that
      pixelValues: (bytes, spec) => toPixelValues(bytes, spec),
    })
    if (decoder === null) {
      throw new RangeError('expected a model that writes text')
    }
    const seams: Seams[] = []
    for (const [i, picture] of pictures.entries()) {
      const [features] = await images.encode([await images.preprocess(picture)])
      const [image] = await images.bridge([features!])
      if (!features || !image) {
        throw new RangeError('expected the tokens of a picture')
      }
      const given = typeof along === 'number' ? null : along[i]!
      const count = typeof along === 'number' ? along : along[i]!.length
      const cache = decoder.createCache()
      const prepared = decoder.prepare({ kind: 'raw', text: '' }, 1, count)
      const prompt = prepared.layOut([{ key: 'picture', tokens: image }])
      const greedy: number[] = []
      const rows: Float32Array[] = []
      for (let step = 0; step < count; step++) {
        const logits =
          step === 0
            ? await decoder.prefill(cache, prompt.segments)
            : await decoder.step(cache, [greedy.at(-1)!])
        rows.push(logits)
        greedy.push(given?.[step] ?? argmax(logits))
      }
      const logits = new Float32Array(rows.flatMap((row) => Array.from(row)))
      seams.push({ imageEmbeds: features.data, imageTokens: image.data, logits, ids: greedy })
    }
    return seams
  } finally {
    await sessions.release()
  }
}

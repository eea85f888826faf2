/**
 * What a package gives at every seam, for some pictures. Runs the engine's parts without the scheduler,
 * one by one.
 *
 * Of a model that writes text: the vision tower's output, the image tokens, what an encoder makes of
 * them, and the logits along given ids. Of one that compares texts with pictures: the vision tower's
 * output, the vectors of pictures and texts, and how well they fit. A Q-Former's own output is not shown:
 * image tokens and vectors are its projection.
 */

import { Tensor } from 'onnxruntime-node'
import { largestProduct } from '../../inference/engine/matching/match-programs.ts'
import { int64 } from '../../inference/families/common/decoder-feeds.ts'
import type {
  ImageFeatures,
  ImageTokens,
  Matcher,
  Segment,
  TextDecoder,
} from '../../inference/families/common/runner.ts'
import { argmax } from '../../inference/generation/scores.ts'
import type { Detail } from '../../inference/image/tiles.ts'
import { openPackage } from '../../inference/package/open-package.ts'
import { floats } from '../../inference/runtime/floats.ts'
import { openSessions, type Sessions } from '../../inference/runtime/sessions.ts'
import type { Prompt } from '../../inference/text/prompt.ts'
import { openRunner } from './open-runner.ts'

/** What pictures are compared with. */
const TEXTS = ['a photo of a cat', 'red heart', 'two people at a table', 'a screenshot with text']

/** Of one picture. Every seam is made of the package's own output of the one before. */
export type Seams = {
  /** By title, in the order in which they are made. */
  readonly values: Readonly<Record<string, Float32Array>>
  /** The ids that the logits are along, those of plain greedy where none were given. */
  readonly ids: readonly number[]
}

export const VISION = 'vision tower'
export const TOKENS = 'image tokens'
export const ENCODER = 'encoder'
export const LOGITS = 'logits'
export const MATCHES = 'matches'

/**
 * @param along ids for each picture, so that two packages are compared on the same text; without
 *   them, that number of each picture's own greedy ids.
 * @param asked what a model that writes is asked, by default to describe; and in which detail a picture
 *   is seen, by default `high`.
 */
export async function measureSeams(
  folder: string,
  pictures: readonly Uint8Array[],
  along: readonly (readonly number[])[] | number,
  threads: number,
  asked: { readonly prompt?: Prompt; readonly detail?: Detail } = {},
): Promise<Seams[]> {
  const { prompt = { kind: 'describe' }, detail = 'high' } = asked
  process.env['ORT_DISABLE_TELEMETRY'] = '1' // as in inference/backends/thread.ts
  const { card } = await openPackage(folder)
  const sessions = await openSessions(folder, card, threads)
  try {
    const runner = await openRunner(folder, card, sessions)
    const seams: Seams[] = []
    for (const [i, picture] of pictures.entries()) {
      const { images, decoder, matcher } = runner
      const [features] = await images.encode([await images.preprocess(picture, { detail })])
      const seen = { [VISION]: features!.data }
      if (decoder !== null) {
        const ids = typeof along === 'number' ? along : along[i]!
        const prepared = decoder.prepare(prompt, 1, typeof ids === 'number' ? ids : ids.length)
        const [tokens] = await images.bridge!.run([features!], [prepared.text])
        const bridged = { ...seen, [TOKENS]: tokens!.data }
        const { segments } = prepared.layOut([{ key: 'picture', tokens: tokens! }])
        const read = { ...bridged, ...(await encodedBy(sessions, tokens!, segments)) }
        seams.push(await written(decoder, segments, read, ids))
      } else if (matcher !== null) {
        seams.push({ values: { ...seen, ...(await matched(matcher, features!)) }, ids: [] })
      }
    }
    return seams
  } finally {
    await sessions.release()
  }
}

/** @param along the ids to go along, or how many greedy ones. */
async function written(
  decoder: TextDecoder,
  segments: readonly Segment[],
  seen: Seams['values'],
  along: readonly number[] | number,
): Promise<Seams> {
  const [given, count] = typeof along === 'number' ? [null, along] : [along, along.length]
  const cache = decoder.createCache()
  const ids: number[] = []
  const rows: Float32Array[] = []
  for (let step = 0; step < count; step++) {
    const logits =
      step === 0 ? await decoder.prefill(cache, segments) : await decoder.step(cache, [ids.at(-1)!])
    rows.push(logits)
    ids.push(given?.[step] ?? argmax(logits))
  }
  const logits = new Float32Array(rows.flatMap((row) => Array.from(row)))
  return { values: { ...seen, [LOGITS]: logits }, ids }
}

/** What an encoder makes of a picture and the ids after it, if the model has one. */
async function encodedBy(
  sessions: Sessions,
  { data, shape }: ImageTokens,
  segments: readonly Segment[],
): Promise<Seams['values']> {
  const prompt = segments.find((segment) => segment.kind === 'encoded')
  if (!prompt) {
    return {}
  }
  const ids = prompt.input.flatMap((segment) => (segment.kind === 'ids' ? segment.ids : []))
  const feeds = {
    image_tokens: new Tensor('float32', data, [1, ...shape]),
    input_ids: int64(ids, [1, ids.length]),
  }
  const outputs = await sessions.get('encoder').run(feeds, ['encoder_output'])
  return { [ENCODER]: floats(outputs['encoder_output']) }
}

/** Probability and cosine of each text. */
async function matched(matcher: Matcher, features: ImageFeatures): Promise<Seams['values']> {
  const vectors = await matcher.imageVectors(features)
  const texts: number[] = []
  const matches: number[] = []
  for (const text of TEXTS) {
    const ids = matcher.prepare(text)
    const vector = await matcher.textVector(ids)
    texts.push(...vector)
    matches.push(await matcher.probability(features, ids), largestProduct(vectors, vector))
  }
  return {
    [TOKENS]: vectors.data,
    'text vectors': Float32Array.from(texts),
    [MATCHES]: Float32Array.from(matches),
  }
}

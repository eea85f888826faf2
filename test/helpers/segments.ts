/**
 * Sequences with images anywhere in them, and a simple way to run them: one long run over all
 * embeddings, without a past, as the reference for the decoder with its caches.
 */

import { openSync, readSync, closeSync } from 'node:fs'
import { openCheckpoint } from '../../inference/convert/checkpoint/checkpoint.ts'
import { toFloat32 } from '../../inference/convert/weights/float16.ts'
import type { Segment } from '../../inference/families/common/runner.ts'
import { openGraphs, DecoderRun } from './graph-sessions.ts'
import type { ModelCard } from '../../inference/package/model-card.ts'
import type { ParityName } from './parity-names.ts'
import { checkpointFolder } from './parity.ts'

const EMBEDDINGS = 'language_model.model.decoder.embed_tokens.weight'

/** An image of pseudo-random tokens, float32 [rows, width]. @param seed differs per image. */
export function madeUpImage(seed: number, rows: number, width: number): Segment {
  const data = Float32Array.from({ length: rows * width }, (_, i) => Math.sin(i * 0.7 + seed))
  return { kind: 'image', key: `image ${seed}`, tokens: { data, shape: [rows, width] } }
}

export function text(...ids: number[]): Segment {
  return { kind: 'ids', ids }
}

/** @returns what runs segments in one go: the logits of every position, float32 [S, vocabSize]. */
export async function longRunner(name: ParityName, folder: string, card: ModelCard) {
  const graphs = await openGraphs(folder, card)
  const { embedSize } = card.dimensions
  const table = readEmbeddings(name) // float32 [vocabSize, embedSize]
  return async (segments: readonly Segment[]): Promise<Float32Array> => {
    const rows = segments.flatMap((segment) => {
      if (segment.kind === 'encoded') {
        throw new RangeError('expected a prompt for a decoder without an encoder')
      }
      return segment.kind === 'image'
        ? [segment.tokens.data]
        : segment.ids.map((id) => table.subarray(id * embedSize, (id + 1) * embedSize))
    })
    const all = Float32Array.from(rows.flatMap((row) => Array.from(row)))
    const length = all.length / embedSize
    const wanted = Array.from({ length }, (_, i) => i)
    // All embeddings are passed as image tokens, without ids and without a past.
    return new DecoderRun(graphs, 1, 0).once({ imageTokens: all, ids: [[]], rows: wanted })
  }
}

function readEmbeddings(name: ParityName): Float32Array {
  const { tensors } = openCheckpoint(checkpointFolder(name), [])
  const { file, offset, bytes, shape, dtype } = tensors.get(EMBEDDINGS)!
  const raw = new Uint8Array(bytes)
  const handle = openSync(file, 'r')
  readSync(handle, raw, 0, bytes, offset)
  closeSync(handle)
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16') {
    throw new RangeError(`expected floating point, got ${dtype}`)
  }
  const values = new Float32Array(shape[0]! * shape[1]!)
  toFloat32(raw, dtype, values)
  return values
}

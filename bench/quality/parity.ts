/** How far our fp32 numbers are from those of transformers, at every seam of the small checkpoints. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { convertCheckpoint } from '../../inference/convert/convert.ts'
import { toPixelValues } from '../../inference/image/pixel-values.ts'
import { DecoderRun, float, openGraphs, runOne } from '../../test/helpers/graph-sessions.ts'
import {
  checkpointFolder,
  FIXTURES,
  loadParity,
  PARITY_NAMES,
  type ParityName,
  relativeError,
  tensorOf,
} from '../../test/helpers/parity.ts'
import { writeResults } from '../report/results.ts'
import { formatTable } from '../report/tally.ts'

/** Largest difference of a seam over the largest value there. */
type Errors = {
  readonly image_embeds: number
  readonly query_output: number
  readonly image_tokens: number
  /** Over the prefill's last row and the greedy steps after it, of the question. */
  readonly logits: number
}

export async function runParityBench(): Promise<void> {
  const work = mkdtempSync(path.join(tmpdir(), 'sightseer-parity-'))
  try {
    const errors: Record<string, Errors> = {}
    for (const name of PARITY_NAMES) {
      errors[name] = await measure(name, path.join(work, name))
    }
    const rows = Object.entries(errors).map(([name, seams]) => [
      name,
      ...Object.values(seams).map((error) => error.toExponential(1)),
    ])
    const seams = ['image_embeds', 'query_output', 'image_tokens', 'logits']
    process.stdout.write(formatTable([['relative error', ...seams], ...rows]))
    writeResults('parity', { errors })
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Each seam gets our own output of the one before, so errors accumulate as they do in use. */
async function measure(name: ParityName, out: string): Promise<Errors> {
  const parity = loadParity(name)
  const options = { precision: 'fp32', name, source: null } as const
  const card = await convertCheckpoint(checkpointFolder(name), out, options)
  const graphs = await openGraphs(out, card)
  const { imageSize, visionTokens, visionHidden } = card.dimensions
  const bytes = readFileSync(path.join(FIXTURES, parity.image))
  const pixels = await toPixelValues(bytes, { imageSize, preprocessing: card.preprocessing })
  const shape = [1, 3, imageSize, imageSize]
  const { image_embeds } = await runOne(graphs.vision, float(pixels, shape))
  const embedsShape = [1, visionTokens, visionHidden]
  const bridged = await runOne(graphs.qformer, float(image_embeds!, embedsShape))
  const steps = tensorOf(parity, 'logits.question.steps')
  const { ids } = parity.prompts.question
  const run = new DecoderRun(graphs, 1, parity.queryTokens + ids.length + steps.shape[0]!)
  const greedy = plainGreedy(parity)
  const found: number[] = []
  let logits = await run.step({ imageTokens: bridged['image_tokens']!, ids: [ids] })
  for (let i = 0; ; i++) {
    found.push(...logits)
    if (i + 1 === steps.shape[0]) {
      break
    }
    logits = await run.step({ imageTokens: null, ids: [[greedy[i]!]] })
  }
  const against = (tensor: string, actual: ArrayLike<number>) =>
    relativeError(actual, tensorOf(parity, tensor).data)
  return {
    image_embeds: against('image_embeds', image_embeds!),
    query_output: against('query_output', bridged['query_output']!),
    image_tokens: against('image_tokens', bridged['image_tokens']!),
    logits: against('logits.question.steps', found),
  }
}

/** The reference's ids along which it recorded the logits of the question. */
function plainGreedy(parity: ReturnType<typeof loadParity>): readonly number[] {
  const { data, shape } = tensorOf(parity, 'logits.question.steps')
  const vocabSize = shape[1]!
  return Array.from({ length: shape[0]! }, (_, i) => {
    const row = data.subarray(i * vocabSize, (i + 1) * vocabSize)
    return row.indexOf(Math.max(...row))
  })
}

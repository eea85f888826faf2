/** How far our fp32 numbers are from those of transformers, at every seam of the small checkpoints. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Tensor } from 'onnxruntime-node'
import { convertCheckpoint } from '../../inference/convert/convert.ts'
import { largestProduct } from '../../inference/engine/matching/match-programs.ts'
import { int64 } from '../../inference/families/common/decoder-feeds.ts'
import type { ImageFeatures, ImageTokens } from '../../inference/families/common/runner.ts'
import { argmax } from '../../inference/generation/scores.ts'
import { floats } from '../../inference/runtime/floats.ts'
import {
  type CheckpointName,
  IDEFICS3_NAMES,
  IDEFICS_NAMES,
  INSTRUCT_NAMES,
  ITM_NAMES,
  type ItmName,
  LLAMA_NAMES,
  LLAVA_NAMES,
  ONEVISION_NAMES,
  PARITY_NAMES,
  type ParityName,
  T5_NAMES,
} from '../../test/helpers/parity-names.ts'
import {
  checkpointFolder,
  FIXTURES,
  loadItm,
  loadParity,
  type Parity,
  relativeError,
  tensorOf,
} from '../../test/helpers/parity.ts'
import { openAnyRunner, openTestRunner, type TestRunner } from '../../test/helpers/runners.ts'
import { matchOutputs, queryOutput } from '../../test/helpers/seams.ts'
import { writeResults } from '../report/results.ts'
import { formatTable } from '../report/tally.ts'

/** What is compared; the largest difference of a seam over the largest value there. */
const SEAMS = [
  'image_embeds',
  'query_output',
  /** A resampler's output. */
  'latents',
  'image_tokens',
  /** An encoder's output. */
  'encoded',
  /** Over the prefill's last row and the greedy steps after it, of the question. */
  'logits',
] as const
const MATCH_SEAMS = [
  'image_embeds',
  'query_output',
  'image_vectors',
  'text_vectors',
  'itm',
  'itc',
] as const

const TEXT_NAMES: readonly ParityName[] = [
  ...PARITY_NAMES,
  ...T5_NAMES,
  ...INSTRUCT_NAMES,
  ...LLAMA_NAMES,
  ...LLAVA_NAMES,
  ...IDEFICS_NAMES,
  ...IDEFICS3_NAMES,
  ...ONEVISION_NAMES,
]

type Errors<Seam extends string> = Partial<Record<Seam, number>>

export async function runParityBench(): Promise<void> {
  const work = mkdtempSync(path.join(tmpdir(), 'sightseer-parity-'))
  try {
    const errors: Record<string, Errors<(typeof SEAMS)[number]>> = {}
    for (const name of TEXT_NAMES) {
      errors[name] = await measure(name, await convert(name, work))
    }
    const matching: Record<string, Errors<(typeof MATCH_SEAMS)[number]>> = {}
    for (const name of ITM_NAMES) {
      matching[name] = await measureMatching(name, await convert(name, work))
    }
    print('relative error', SEAMS, errors)
    print('matching', MATCH_SEAMS, matching)
    writeResults('parity', { errors, matching })
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

async function convert(name: CheckpointName, work: string): Promise<string> {
  const out = path.join(work, name)
  const options = { precision: 'fp32', name, source: null } as const
  await convertCheckpoint(checkpointFolder(name), out, options)
  return out
}

function print<Seam extends string>(
  title: string,
  seams: readonly Seam[],
  errors: Readonly<Record<string, Errors<Seam>>>,
): void {
  const rows = Object.entries(errors).map(([name, one]) => [
    name,
    ...seams.map((seam) => one[seam]?.toExponential(1) ?? ''),
  ])
  process.stdout.write(formatTable([[title, ...seams], ...rows]))
}

/** Each seam gets our own output of the one before, so errors accumulate as they do in use. */
async function measure(name: ParityName, folder: string): Promise<Errors<(typeof SEAMS)[number]>> {
  const parity = loadParity(name)
  const runner = await openTestRunner(folder)
  try {
    const bytes = readFileSync(path.join(FIXTURES, parity.image))
    const [features] = await runner.images.encode([await runner.images.preprocess(bytes)])
    const bridged = runner.card.graphs.includes('qformer')
      ? await queryOutput(runner, features!, parity.prompts.question.instruction)
      : null
    const latents = await resampledBy(runner, features!)
    const [tokens] = await runner.images.bridge!.run([features!], [parity.prompts.question.text])
    const encoded = await encodedBy(runner, parity, tokens!)
    const steps = tensorOf(parity, 'logits.question.steps').data
    return {
      image_embeds: against(parity, 'image_embeds', features!.data),
      ...(bridged && { query_output: against(parity, 'query_output', bridged) }),
      ...(latents && { latents: against(parity, 'latents', latents) }),
      image_tokens: against(parity, 'image_tokens', tokens!.data),
      ...(encoded && { encoded: against(parity, 'encoded', encoded) }),
      logits: relativeError(await alongGreedy(runner, parity, tokens!), steps),
    }
  } finally {
    await runner.close()
  }
}

/** A tensor of the question where there is one of its own. */
function against(parity: Parity, seam: string, actual: ArrayLike<number>): number {
  const own = `${seam}.question`
  return relativeError(actual, tensorOf(parity, own in parity.tensors ? own : seam).data)
}

/** The rows that a resampler makes of a picture; null of a model without one. */
async function resampledBy(
  { card, sessions }: TestRunner,
  { data, shape }: ImageFeatures,
): Promise<Float32Array | null> {
  if (!card.graphs.includes('resampler')) {
    return null
  }
  const feeds = { image_embeds: new Tensor('float32', data, [1, ...shape]) }
  return floats((await sessions.get('resampler').run(feeds, ['latents']))['latents'])
}

/** What an encoder makes of the question; null of a model without one. */
async function encodedBy(
  { card, sessions }: TestRunner,
  parity: Parity,
  { data, shape }: ImageTokens,
): Promise<Float32Array | null> {
  if (!card.graphs.includes('encoder')) {
    return null
  }
  const { ids } = parity.prompts.question
  const feeds = {
    image_tokens: new Tensor('float32', data, [1, ...shape]),
    input_ids: int64(ids, [1, ids.length]),
  }
  const outputs = await sessions.get('encoder').run(feeds, ['encoder_output'])
  return floats(outputs['encoder_output'])
}

/** The logits of the question's answer, along the reference's own. */
async function alongGreedy(
  { decoder }: TestRunner,
  parity: Parity,
  tokens: ImageTokens,
): Promise<number[]> {
  const { data, shape } = tensorOf(parity, 'logits.question.steps')
  const { text } = parity.prompts.question
  const prepared = decoder.prepare({ kind: 'raw', text }, 1, shape[0]!)
  const cache = decoder.createCache()
  const all: number[] = []
  for (let i = 0; i < shape[0]!; i++) {
    const before = data.subarray((i - 1) * shape[1]!, i * shape[1]!)
    const logits =
      i === 0
        ? await decoder.prefill(cache, prepared.layOut([{ key: 'picture', tokens }]).segments)
        : await decoder.step(cache, [argmax(before)])
    all.push(...logits)
  }
  cache.dispose()
  return all
}

/** `itm` and `itc` are compared as they are, over all pictures and texts. */
async function measureMatching(
  name: ItmName,
  folder: string,
): Promise<Errors<(typeof MATCH_SEAMS)[number]>> {
  const parity = loadItm(name)
  const runner = await openAnyRunner(folder)
  try {
    const worst: Record<(typeof MATCH_SEAMS)[number], number> = {
      image_embeds: 0,
      query_output: 0,
      image_vectors: 0,
      text_vectors: 0,
      itm: 0,
      itc: 0,
    }
    const take = (seam: keyof typeof worst, error: number) => {
      worst[seam] = Math.max(worst[seam], error)
    }
    const pictures = [...new Set(parity.matches.map(({ image }) => image))]
    for (const [i, picture] of pictures.entries()) {
      const pixels = await runner.images.preprocess(readFileSync(path.join(FIXTURES, picture)))
      const [features] = await runner.images.encode([pixels])
      const vectors = await runner.matcher!.imageVectors(features!)
      take(
        'image_embeds',
        relativeError(features!.data, tensorOf(parity, `image_embeds.${i}`).data),
      )
      take(
        'image_vectors',
        relativeError(vectors.data, tensorOf(parity, `image_vectors.${i}`).data),
      )
      const { query_output } = await matchOutputs(runner, features!, null, ['query_output'])
      const rows = tensorOf(parity, `query_output.${i}`).data
      take('query_output', relativeError(query_output!, rows))
      for (const [t, match] of parity.matches.filter(({ image }) => image === picture).entries()) {
        const vector = await runner.matcher!.textVector(match.ids)
        take('text_vectors', relativeError(vector, tensorOf(parity, `text.${t}`).data))
        const itm = await runner.matcher!.probability(features!, match.ids)
        take('itm', Math.abs(itm - match.itm))
        take('itc', Math.abs(largestProduct(vectors, vector) - match.itc))
      }
    }
    return worst
  } finally {
    await runner.close()
  }
}

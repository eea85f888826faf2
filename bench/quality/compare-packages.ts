/** How far packages are from their source in full precision, at every seam and in their answers. */

import { availableParallelism } from 'node:os'
import { argmax } from '../../inference/generation/scores.ts'
import type { Detail } from '../../inference/image/tiles.ts'
import { openModel } from '../../inference/model.ts'
import { cosine, relativeDistance } from './distance.ts'
import { LOGITS, measureSeams, type Seams } from './seams.ts'

export type Comparison = {
  readonly folder: string
  /** The folder of the same in full precision. */
  readonly exact: string
  readonly pictures: readonly Uint8Array[]
  /** Ids of each picture. */
  readonly tokens: number
  readonly detail: Detail
}

/** Distances of a seam, over all pictures. */
type Distance = { readonly seam: string; readonly cosine: number; readonly error: number }

type Texts = {
  /** How often both find the same token the likeliest, 0 to 1. */
  readonly agreement: number
  /** How many descriptions differ. */
  readonly changed: number
}

/** @returns the seams in their order; no texts of a model that writes none. */
export async function comparePackages(
  comparison: Comparison,
): Promise<{ readonly distances: readonly Distance[]; readonly texts: Texts | null }> {
  const { folder, exact, pictures, tokens, detail } = comparison
  const threads = availableParallelism()
  const expected = await measureSeams(exact, pictures, tokens, threads, { detail })
  const along = expected.map(({ ids }) => ids)
  const actual = await measureSeams(folder, pictures, along, threads, { detail })
  return {
    distances: Object.keys(expected[0]?.values ?? {}).map((seam) =>
      distance(seam, actual, expected),
    ),
    texts: expected.some(({ ids }) => ids.length > 0)
      ? await compareTexts(comparison, actual, expected)
      : null,
  }
}

async function compareTexts(
  { folder, exact, pictures, tokens, detail }: Comparison,
  actual: readonly Seams[],
  expected: readonly Seams[],
): Promise<Texts> {
  const before = await answers(exact, pictures, detail)
  const after = await answers(folder, pictures, detail)
  return {
    agreement: topAgreement(actual, expected, tokens),
    changed: after.filter((text, i) => text !== before[i]).length,
  }
}

function distance(seam: string, actual: readonly Seams[], expected: readonly Seams[]): Distance {
  const pairs = actual.map((one, i) => [one.values[seam]!, expected[i]!.values[seam]!] as const)
  const mean = (of: (pair: readonly [Float32Array, Float32Array]) => number) =>
    pairs.reduce((sum, pair) => sum + of(pair), 0) / pairs.length
  return {
    seam,
    cosine: mean(([a, b]) => cosine(a, b)),
    error: mean(([a, b]) => relativeDistance(a, b)),
  }
}

/** Share of the positions at which both find the same token the likeliest. */
function topAgreement(
  actual: readonly Seams[],
  expected: readonly Seams[],
  tokens: number,
): number {
  let same = 0
  for (const [i, { values }] of actual.entries()) {
    const logits = values[LOGITS]!
    const width = logits.length / tokens
    for (let row = 0; row < tokens; row++) {
      const at = (all: Float32Array) => argmax(all.subarray(row * width, (row + 1) * width))
      same += at(logits) === at(expected[i]!.values[LOGITS]!) ? 1 : 0
    }
  }
  return same / (actual.length * tokens)
}

async function answers(
  folder: string,
  pictures: readonly Uint8Array[],
  detail: Detail,
): Promise<string[]> {
  const model = await openModel(folder)
  try {
    const texts: string[] = []
    for (const picture of pictures) {
      texts.push((await model.describe(picture, { detail })).text)
    }
    return texts
  } finally {
    await model.close()
  }
}

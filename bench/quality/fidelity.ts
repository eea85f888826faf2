/**
 * `npm run fidelity -- MODEL [IMAGES…]`: how far a quantized package is from its source in full
 * precision, at every seam, so that someone with the real weights can judge before using it.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../../config/config.ts'
import { ConfigError } from '../../config/errors.ts'
import { findModel } from '../../config/models.ts'
import { convertCheckpoint } from '../../inference/convert/convert.ts'
import { argmax } from '../../inference/generation/scores.ts'
import { CARD_FILE } from '../../inference/package/model-card.ts'
import { openModel } from '../../inference/model.ts'
import { writeChart } from '../report/bar-chart.ts'
import { readUnseenScenes } from './demo-scenes.ts'
import { cosine, relativeDistance } from './distance.ts'
import { updatePublished, writeResults } from '../report/results.ts'
import { LOGITS, measureSeams, type Seams } from './seams.ts'
import { formatTable, percent } from '../report/tally.ts'

const HELP = `npm run fidelity -- MODEL [IMAGES…] [options]

Compares a package with its source in full precision, at every seam: the vision tower's output, the
image tokens, an encoder's output, and the logits along the source's own greedy text; then the answers
of both. Of a model for matching: the vectors of pictures and of a few texts, and how well they fit.

  MODEL              a package's folder or name
  IMAGES             pictures to compare on; default: scenes the demo model has never seen
  --source DIR       the checkpoint the package was made of, or an fp32 package of it; default
                     MODEL/checkpoint. A checkpoint is converted to fp32 first, in the system's
                     temporary folder: four bytes a weight
  --tokens N         ids compared for each picture; default 16

  --update           writes to bench/results/, whose figures the documents state

Prints a table and writes fidelity.json and .svg under bench/results/own/, which git ignores.
`

const DEFAULT_PICTURES = 12

/** Distances of a seam, over all pictures. */
type Distance = { readonly seam: string; readonly cosine: number; readonly error: number }

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      source: { type: 'string' },
      tokens: { type: 'string', default: '16' },
      update: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const [name, ...files] = positionals
  const tokens = Number(values.tokens)
  if (name === undefined || values.help === true || !(Number.isInteger(tokens) && tokens > 0)) {
    const stream = values.help === true ? process.stdout : process.stderr
    stream.write(HELP)
    process.exitCode = values.help === true ? 0 : 2
    return
  }
  if (values.update) {
    updatePublished()
  }
  const folder = findModel(name, readConfig(process.env).modelsFolder)
  const pictures =
    files.length > 0
      ? files.map((file) => readFileSync(file))
      : readUnseenScenes(DEFAULT_PICTURES).map(({ picture }) => picture)
  const work = mkdtempSync(path.join(tmpdir(), 'sightseer-fidelity-'))
  try {
    const exact = await exactPackage(values.source ?? path.join(folder, 'checkpoint'), work)
    await compare(path.basename(folder), folder, exact, pictures, tokens)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** The folder of an fp32 package of the source. */
async function exactPackage(source: string, work: string): Promise<string> {
  if (existsSync(path.join(source, CARD_FILE))) {
    return source
  }
  if (!existsSync(source)) {
    throw new ConfigError([`There is no ${source}; name the checkpoint with --source DIR.`])
  }
  const out = path.join(work, 'fp32')
  await convertCheckpoint(source, out, { precision: 'fp32', name: 'source', source: null })
  return out
}

async function compare(
  name: string,
  folder: string,
  exact: string,
  pictures: readonly Uint8Array[],
  tokens: number,
): Promise<void> {
  const threads = availableParallelism()
  const expected = await measureSeams(exact, pictures, tokens, threads)
  const along = expected.map(({ ids }) => ids)
  const actual = await measureSeams(folder, pictures, along, threads)
  const distances = Object.keys(expected[0]?.values ?? {}).map((seam) =>
    distance(seam, actual, expected),
  )
  const texts = expected.some(({ ids }) => ids.length > 0)
    ? await compareTexts({ folder, exact, pictures }, actual, expected, tokens)
    : null
  process.stdout.write(
    formatTable([
      ['against the source in fp32', 'cosine', 'relative error'],
      ...distances.map(({ seam, cosine: same, error }) => [
        seam,
        same.toFixed(6),
        error.toExponential(1),
      ]),
      ...(texts === null
        ? []
        : [
            ['same likeliest token', percent(texts.agreement), ''],
            ['descriptions changed', `${texts.changed} of ${pictures.length}`, ''],
          ]),
    ]),
  )
  const results = { model: name, pictures: pictures.length, tokens, distances, ...texts }
  writeResults('fidelity', results)
  writeChart('fidelity', {
    title: `${name}: relative error against the source in fp32`,
    unit: '%',
    bars: distances.map(({ seam, error }) => ({ label: seam, value: 100 * error })),
  })
}

/** How often both find the same token the likeliest, and how many descriptions differ. */
async function compareTexts(
  packages: {
    readonly folder: string
    readonly exact: string
    readonly pictures: readonly Uint8Array[]
  },
  actual: readonly Seams[],
  expected: readonly Seams[],
  tokens: number,
): Promise<{ readonly agreement: number; readonly changed: number }> {
  const { folder, exact, pictures } = packages
  const before = await answers(exact, pictures)
  const after = await answers(folder, pictures)
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

async function answers(folder: string, pictures: readonly Uint8Array[]): Promise<string[]> {
  const model = await openModel(folder)
  try {
    const texts: string[] = []
    for (const picture of pictures) {
      texts.push((await model.describe(picture)).text)
    }
    return texts
  } finally {
    await model.close()
  }
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof ConfigError)) {
    throw error
  }
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}

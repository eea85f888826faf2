/**
 * `npm run fidelity -- MODEL [IMAGES…]`: how far a quantized package is from its source in full
 * precision, at every seam, so that someone with the real weights can judge before using it.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../../config/config.ts'
import { ConfigError } from '../../config/errors.ts'
import { findModel } from '../../config/models.ts'
import { convertCheckpoint } from '../../inference/convert/convert.ts'
import { DETAILS } from '../../inference/image/tiles.ts'
import { CARD_FILE } from '../../inference/package/model-card.ts'
import { writeChart } from '../report/bar-chart.ts'
import { type Comparison, comparePackages } from './compare-packages.ts'
import { readUnseenScenes } from './demo-scenes.ts'
import { updatePublished, writeResults } from '../report/results.ts'
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
  --detail WHICH     of a model that cuts pictures into tiles: auto (by the picture's size), low or
                     high; default auto, as the commands

  --update           writes to bench/results/, whose figures the documents state

Prints a table and writes fidelity.json and .svg under bench/results/own/, which git ignores.
`

const DEFAULT_PICTURES = 12

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      source: { type: 'string' },
      tokens: { type: 'string', default: '16' },
      detail: { type: 'string', default: 'auto' },
      update: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const [name, ...files] = positionals
  const tokens = Number(values.tokens)
  const detail = DETAILS.find((known) => known === values.detail)
  const isUsable =
    name !== undefined && detail !== undefined && Number.isInteger(tokens) && tokens > 0
  if (!isUsable || values.help === true) {
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
    await compare(path.basename(folder), { folder, exact, pictures, tokens, detail })
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

async function compare(name: string, comparison: Comparison): Promise<void> {
  const { pictures, tokens, detail } = comparison
  const { distances, texts } = await comparePackages(comparison)
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
  const results = { model: name, pictures: pictures.length, tokens, detail, distances, ...texts }
  writeResults('fidelity', results)
  writeChart('fidelity', {
    title: `${name}: relative error against the source in fp32`,
    unit: '%',
    bars: distances.map(({ seam, error }) => ({ label: seam, value: 100 * error })),
  })
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

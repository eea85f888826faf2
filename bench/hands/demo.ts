/**
 * How often the demo model is right on pictures that somebody else drew: `bench/hands/README.md` says
 * who, and with what. Everything is asked on the way that people's pictures take, the judgment
 * whether it is a drawing at all included. Several models are asked the same, and shown side by side.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../../config/config.ts'
import { findModel } from '../../config/models.ts'
import { convertCheckpoint } from '../../inference/convert/convert.ts'
import type { Model } from '../../inference/contract/types.ts'
import { openModel } from '../../inference/model.ts'
import { openPackage } from '../../inference/package/open-package.ts'
import { type HandPicture, readHandPictures, readTruth, type Truth } from './truth.ts'
import { isUpdating, writeResults } from '../report/results.ts'
import { bareWords, sayAll, sayOfOthers } from './answers.ts'
import { type Measured, sectionOf, sideBySide, withSection } from './compare.ts'
import { furtherRows, furtherShowings } from './further.ts'
import { handTable, listWrong, summaryOf } from './report.ts'
import { measureHandRules } from './rules.ts'

/** What the training says about its miniatures; with `--update` the table of several is put there. */
const REPORT = path.join(import.meta.dirname, '..', '..', 'training', 'report', 'REPORT.md')

export async function runDemoBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: { type: 'string', multiple: true, default: ['demo'] },
      renderer: { type: 'string' },
      limit: { type: 'string' },
      wrong: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const { modelsFolder } = readConfig(process.env)
  const limit = Number(values.limit ?? Infinity)
  const truth = chosen(readTruth(), values.renderer, limit)
  const pictures = readHandPictures()
  const asked = { truth, bytesOf: (name: string) => pictures.get(name)!, limit }
  const all: Measured[] = []
  for (const name of values.model) {
    const { measured, wrong } = await measure(findModel(name, modelsFolder), asked)
    all.push(measured)
    if (!values.json) {
      process.stdout.write(values.model.length > 1 ? `\n${measured.model}\n` : '')
      process.stdout.write(handTable(measured))
      process.stdout.write(values.wrong ? wrong() : '')
    }
  }
  const [only] = all
  if (all.length === 1) {
    finish(path.basename(only!.model), only!, values.json ? null : '')
    return
  }
  const table = sideBySide(all)
  finish(
    'miniatures',
    { table: table.split('\n'), models: all },
    values.json ? null : `\n${table}\n`,
  )
  if (isUpdating()) {
    const section = sectionOf(
      all.map(({ model }) => model),
      table,
    )
    writeFileSync(REPORT, withSection(readFileSync(REPORT, 'utf8'), section))
  }
}

/** Writes the results, and prints them. @param shown instead, before the file's name; null: as JSON. */
function finish(name: string, results: object, shown: string | null): void {
  const file = path.relative(process.cwd(), writeResults(name, results))
  process.stdout.write(
    shown === null ? `${JSON.stringify(results)}\n` : `${shown}\nwritten to ${file}\n`,
  )
}

type AskedOf = {
  readonly truth: Truth
  readonly bytesOf: (name: string) => Uint8Array
  readonly limit: number
}

/** Everything about one model; `wrong` lists what it got wrong. */
async function measure(folder: string, { truth, bytesOf, limit }: AskedOf) {
  const model = await openModel(folder)
  try {
    const said = await sayAll(model, truth.drawings, bytesOf)
    const things = await sayAll(model, truth.things, bytesOf)
    const others = await sayOfOthers(model, truth.others, bytesOf)
    const rules = await measureHandRules(model, said)
    const agreement = await agreementWithFp32(model, folder, { drawings: truth.drawings, bytesOf })
    const further = await furtherRows(model, furtherShowings(truth.drawings, bytesOf, limit))
    const { name, family, precision, files } = (await openPackage(folder)).card
    const bytes = Object.values(files).reduce((sum, file) => sum + file.bytes, 0)
    const summary = summaryOf({ said, things, others, rules, agreement, further })
    const measured: Measured = { model: name, family, precision, bytes, ...summary }
    return { measured, wrong: () => listWrong([...said, ...things], others) }
  } finally {
    await model.close()
  }
}

/** The first pictures of each renderer, or of one only. */
function chosen(truth: Truth, renderer: string | undefined, limit: number): Truth {
  const of = <T extends { readonly name: string }>(all: readonly T[]) =>
    [...Map.groupBy(all, ({ name }) => path.dirname(name))]
      .filter(([name]) => renderer === undefined || name === renderer)
      .flatMap(([, pictures]) => pictures.slice(0, limit))
  return { drawings: of(truth.drawings), things: of(truth.things), others: of(truth.others) }
}

/**
 * The share of captions and answers that are the same, word for word, in full precision.
 *
 * @returns null for a package whose checkpoint is not beside it.
 */
async function agreementWithFp32(
  model: Model,
  folder: string,
  {
    drawings,
    bytesOf,
  }: { drawings: readonly HandPicture[]; bytesOf: (name: string) => Uint8Array },
): Promise<number | null> {
  const checkpoint = path.join(folder, 'checkpoint')
  if (!existsSync(checkpoint)) {
    return null
  }
  const work = mkdtempSync(path.join(tmpdir(), 'sightseer-fp32-'))
  try {
    const out = path.join(work, 'demo')
    await convertCheckpoint(checkpoint, out, { precision: 'fp32', name: 'demo', source: null })
    const exact = await openModel(out)
    try {
      const own = await bareWords(model, drawings, bytesOf)
      const full = await bareWords(exact, drawings, bytesOf)
      return own.filter((text, i) => text === full[i]).length / own.length
    } finally {
      await exact.close()
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

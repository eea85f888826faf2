/**
 * How often the demo model is right on pictures that somebody else drew: `bench/hands/README.md` says
 * who, and with what. Everything is asked on the way that people's pictures take, the judgment
 * whether it is a drawing at all included.
 */

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../../config/config.ts'
import { findModel } from '../../config/models.ts'
import { convertCheckpoint } from '../../inference/convert/convert.ts'
import type { Model } from '../../inference/contract/types.ts'
import { openModel } from '../../inference/model.ts'
import { type HandPicture, readHandPictures, readTruth, type Truth } from './truth.ts'
import { writeResults } from '../report/results.ts'
import { bareWords, sayAll, sayOfOthers } from './answers.ts'
import { handTable, listWrong, summaryOf } from './report.ts'
import { measureHandRules } from './rules.ts'

export async function runDemoBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: { type: 'string' },
      renderer: { type: 'string' },
      limit: { type: 'string' },
      wrong: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const folder = findModel(values.model ?? 'demo', readConfig(process.env).modelsFolder)
  const truth = chosen(readTruth(), values.renderer, Number(values.limit ?? Infinity))
  const pictures = readHandPictures()
  const bytesOf = (name: string) => pictures.get(name)!
  const model = await openModel(folder)
  try {
    const said = await sayAll(model, truth.drawings, bytesOf)
    const things = await sayAll(model, truth.things, bytesOf)
    const others = await sayOfOthers(model, truth.others, bytesOf)
    const rules = await measureHandRules(model, said)
    const agreement = await agreementWithFp32(model, folder, { drawings: truth.drawings, bytesOf })
    const summary = summaryOf({ said, things, others, rules, agreement })
    const { name, precision } = model.card
    const results = { model: name, precision, ...summary }
    if (values.json) {
      process.stdout.write(`${JSON.stringify(results)}\n`)
    } else {
      process.stdout.write(handTable(summary))
      process.stdout.write(values.wrong ? listWrong([...said, ...things], others) : '')
    }
    const file = writeResults('demo', results)
    if (!values.json) {
      process.stdout.write(`\nwritten to ${path.relative(process.cwd(), file)}\n`)
    }
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

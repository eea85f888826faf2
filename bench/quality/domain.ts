/**
 * How well the demo model tells pictures outside of its domain from those inside; with `--calibrate`,
 * first calibrates its card. No picture of a measured group is used to calibrate, and none that is
 * outside at all: the limits come from pictures inside alone.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../../config/config.ts'
import { ConfigError } from '../../config/errors.ts'
import { findModel, matcherBeside } from '../../config/models.ts'
import type { Model } from '../../inference/contract/types.ts'
import { OWN_FILE } from '../../inference/convert/make-card.ts'
import { DECLINED_FROM } from '../../inference/domain/declining-words.ts'
import type { Judgment } from '../../inference/domain/judgment.ts'
import { averageFeatures } from '../../inference/domain/statistics.ts'
import { familyOf } from '../../inference/families/index.ts'
import { toPixelValues } from '../../inference/image/pixel-values.ts'
import { hostCaches } from '../../inference/kv/host-cache.ts'
import { openModel } from '../../inference/model.ts'
import { CARD_FILE } from '../../inference/package/model-card.ts'
import { tokenizerOpener } from '../../inference/text/tokenizer.ts'
import { openPackage } from '../../inference/package/open-package.ts'
import { sameVision } from '../../inference/package/same-vision.ts'
import { openSessions } from '../../inference/runtime/sessions.ts'
import { writeResults } from '../report/results.ts'
import { formatTable, percent } from '../report/tally.ts'
import { fitStatistics } from './domain-fit.ts'
import { calibrationPictures, type Group, measuredGroups } from './domain-pictures.ts'

/**
 * The limit is this many times the distance that all but `OUTLIERS` of the calibration's pictures have, as
 * other hands draw otherwise. What is nearer than that and no drawing, the model declines by itself.
 */
const MARGIN = 2
const OUTLIERS = 0.005

export async function runDomainBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { model: { type: 'string' }, calibrate: { type: 'boolean', default: false } },
  })
  const { modelsFolder } = readConfig(process.env)
  const name = values.model ?? 'demo'
  const folder = findModel(name, modelsFolder)
  if (values.calibrate) {
    await calibrate(folder, await calibrationPictures())
  }
  const matcher = matcherBeside(path.basename(folder))
  const model = await openModel(
    folder,
    matcher === undefined ? {} : { matcher: findModel(matcher, modelsFolder) },
  )
  try {
    const { table, results } = await measureDomain(model)
    process.stdout.write(table)
    const own = path.basename(folder)
    const file = writeResults(own === 'demo' ? 'domain' : `domain-${own}`, {
      model: model.card.name,
      ...results,
    })
    process.stdout.write(`\nwritten to ${path.relative(process.cwd(), file)}\n`)
  } finally {
    await model.close()
  }
}

/**
 * Measures the domain of the model and writes it on its card and into its checkpoint's own file; and on
 * the card of the matcher that ships with it and has its tower, which judges pictures where another model writes.
 */
export async function calibrate(folder: string, pictures: readonly Uint8Array[]): Promise<void> {
  const { card: own } = await openPackage(folder)
  if (own.domain === undefined) {
    // Statistics alone are no domain: the card could not be read any more.
    throw new ConfigError([`The card of ${own.name} does not say what it knows: "domain.knows".`])
  }
  const measured = await measureFeatures(folder, pictures)
  const statistics = fitStatistics(measured, 1 - OUTLIERS)
  const limit = Number((MARGIN * statistics.limit).toPrecision(4))
  const files = [CARD_FILE, path.join('checkpoint', OWN_FILE)].map((name) =>
    path.join(folder, name),
  )
  for (const file of [...files, ...(await matcherFiles(folder))]) {
    if (existsSync(file)) {
      const card = JSON.parse(readFileSync(file, 'utf8'))
      card.domain = { ...card.domain, features: { ...statistics, limit } }
      writeFileSync(file, `${JSON.stringify(card, null, 2)}\n`)
    }
  }
}

/**
 * The card of the matcher that ships with a model; none where its tower is another, as a miniature's of another
 * precision: then its features are others, too, and its statistics stay those of the model whose tower it has.
 */
async function matcherFiles(folder: string): Promise<string[]> {
  const name = matcherBeside(path.basename(folder))
  const beside = name === undefined ? '' : path.join(path.dirname(folder), name, CARD_FILE)
  if (!existsSync(beside)) {
    return []
  }
  const [{ card }, { card: matcher }] = [
    await openPackage(folder),
    await openPackage(path.dirname(beside)),
  ]
  return sameVision(card, matcher) ? [beside] : []
}

/** @returns float64 [width] of each picture: the vision tower's features, averaged. */
async function measureFeatures(
  folder: string,
  pictures: readonly Uint8Array[],
): Promise<Float64Array[]> {
  process.env['ORT_DISABLE_TELEMETRY'] = '1' // as in inference/backends/thread.ts
  const { card } = await openPackage(folder)
  const sessions = await openSessions(folder, card, 1)
  try {
    const { images } = await familyOf(card).open(card, {
      sessions,
      openCaches: async (shape) => hostCaches(shape),
      longestRun: Infinity,
      encode: () => [],
      openTokenizer: tokenizerOpener(folder),
      pixelValues: (bytes, spec) => toPixelValues(bytes, spec),
    })
    const features: Float64Array[] = []
    for (const picture of pictures) {
      const [one] = await images.encode([await images.preprocess(picture)])
      features.push(averageFeatures(one!))
    }
    return features
  } finally {
    await sessions.release()
  }
}

/** The shares of each group that were taken for outside, and how well the two sides separate. */
export async function measureDomain(model: Model) {
  const groups = await measuredGroups()
  const judged: {
    readonly group: Group
    readonly judgments: readonly Judgment[]
    matched: number
  }[] = []
  for (const group of groups) {
    const judgments: Judgment[] = []
    let matched = 0
    for (const picture of group.pictures) {
      judgments.push((await model.describe(picture)).judgment)
      matched += Number(await isMatchedAsDeclined(model, picture))
    }
    judged.push({ group, judgments, matched })
  }
  const inside = judged.filter(({ group }) => group.inside).flatMap(({ judgments }) => judgments)
  const distances = inside.map(({ distance }) => distance ?? 0)
  const rows = judged.map(({ group: { name, inside: isInside }, judgments, matched }) => ({
    name,
    inside: isInside,
    pictures: judgments.length,
    outside: shareOf(judgments, ({ verdict }) => verdict === 'outside'),
    byDistance: shareOf(judgments, ({ distance }) => (distance ?? 0) > 1),
    byMatch: matched / judgments.length,
    /** Area under the ROC curve against all pictures inside: 1 separates them wholly. */
    areaByDistance: isInside
      ? null
      : area(
          distances,
          judgments.map(({ distance }) => distance ?? 0),
        ),
  }))
  const table = formatTable([
    ['taken for outside', 'pictures', 'judged', 'by features', 'by the matcher', 'ROC features'],
    ...rows.map((row) => [
      row.name,
      String(row.pictures),
      percent(row.outside),
      percent(row.byDistance),
      percent(row.byMatch),
      row.areaByDistance?.toFixed(3) ?? '–',
    ]),
  ])
  return { table, results: { groups: rows } }
}

/** Whether the matcher finds that the words fit with which the model declines. */
async function isMatchedAsDeclined(model: Model, picture: Uint8Array): Promise<boolean> {
  const { domain } = model.card
  if (model.matcher === null || domain?.declined === undefined) {
    return false
  }
  const [match] = await model.match(picture, [domain.declined])
  return match!.itm >= DECLINED_FROM
}

function shareOf(judgments: readonly Judgment[], counts: (one: Judgment) => boolean): number {
  return judgments.filter(counts).length / judgments.length
}

/** The probability that a value outside is above one inside. */
function area(inside: readonly number[], outside: readonly number[]): number {
  const above = outside.map((value) => shareBelow(inside, value))
  return above.reduce((sum, share) => sum + share, 0) / outside.length
}

function shareBelow(values: readonly number[], limit: number): number {
  return values.reduce((sum, v) => sum + (v < limit ? 1 : v === limit ? 0.5 : 0), 0) / values.length
}

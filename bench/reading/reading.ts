/** `npm run bench -- read`: character error rate and time of the text reader, beside others. */

import { readFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { writeResults } from '../report/results.ts'
import { formatTable } from '../report/tally.ts'
import { drawPages } from './draw.ts'
import { edits, lengthOf } from './error-rate.ts'
import { KINDS, type Page, pageOf, QUALITIES, WIDTHS } from './pages.ts'
import { installOthers, ownReader, type Reader, tesseractReader, v4Reader } from './readers.ts'
import { LANGUAGES } from './texts.ts'

const COUNT = 300

/** One picture read by one reader. */
type Measured = {
  readonly page: Page
  readonly reader: string
  readonly read: string
  readonly edits: number
  readonly length: number
  readonly ms: number
  /** Processor time of all threads, milliseconds. */
  readonly cpuMs: number
}

export async function runReadBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      work: { type: 'string', default: path.join(tmpdir(), 'sightseer-reading') },
      limit: { type: 'string', default: String(COUNT) },
      alone: { type: 'boolean', default: false },
      wrong: { type: 'boolean', default: false },
    },
  })
  const others = path.join(values.work, 'others')
  installOthers(others)
  const pages = Array.from({ length: Number(values.limit) }, (_, i) => pageOf(i))
  const files = await drawPages(pages, path.join(values.work, 'pages'), others)
  const threads = availableParallelism()
  const readers = [
    await ownReader(threads),
    ...(values.alone ? [] : [await v4Reader(others, threads), await tesseractReader(others)]),
  ]
  const measured: Measured[] = []
  for (const reader of readers) {
    for (const [i, page] of pages.entries()) {
      measured.push(await measure(reader, page, readFileSync(files[i]!)))
    }
    await reader.close()
  }
  if (values.wrong) {
    printWrong(measured.filter(({ reader }) => reader === readers[0]!.name))
  }
  report(readers, measured)
}

async function measure(reader: Reader, page: Page, file: Uint8Array): Promise<Measured> {
  const start = performance.now()
  const cpu = process.cpuUsage()
  const read = await reader.read(file)
  const { user, system } = process.cpuUsage(cpu)
  const expected = page.rows.join('\n')
  return {
    page,
    reader: reader.name,
    read,
    edits: edits(expected, read),
    length: lengthOf(expected),
    ms: performance.now() - start,
    cpuMs: (user + system) / 1000,
  }
}

/** Lists the pages with errors. */
function printWrong(measured: readonly Measured[]): void {
  for (const { page, read, edits } of measured) {
    if (edits > 0) {
      process.stdout.write(
        `${page.name}: ${edits}\n  ${page.rows.join(' | ')}\n  ${read.replaceAll('\n', ' | ')}\n`,
      )
    }
  }
}

/** A row of the table: a name, and which pages count. */
type Part = readonly [name: string, counts: (page: Page) => boolean]

/** Ordinary sizes are those of screenshots: letters of 15 pixels and more. */
const isOrdinary = ({ width }: Page) => width >= 480
/** The other readers know no Cyrillic. */
const isReadByAll = (page: Page) => isOrdinary(page) && page.language !== 'Russian'

const PARTS: readonly Part[] = [
  ['ordinary sizes', isOrdinary],
  ['the same, without Russian', isReadByAll],
  ['the same, Russian', (page) => isOrdinary(page) && !isReadByAll(page)],
  ...LANGUAGES.map((language): Part => [language, (page) => page.language === language]),
  ...WIDTHS.map((width): Part => [`${width} px wide`, (page) => page.width === width]),
  ...QUALITIES.map((quality): Part => [`JPEG ${quality}`, (page) => page.quality === quality]),
  ...KINDS.map((kind): Part => [kind, (page) => page.kind === kind]),
]

/** The size whose time is stated. */
const is600 = ({ width }: Page) => width === 600

function report(readers: readonly Reader[], measured: readonly Measured[]): void {
  const of = (name: string, counts: (page: Page) => boolean) =>
    measured.filter(({ reader, page }) => reader === name && counts(page))
  const errors = PARTS.map(([part, counts]) => [
    part,
    ...readers.map(({ name }) => percent(errorRate(of(name, counts)))),
  ])
  const times = readers.map(({ name }) => [
    `${name}, 600 px`,
    `${median(of(name, is600).map(({ ms }) => ms)).toFixed(0)} ms`,
    `${median(of(name, is600).map(({ cpuMs }) => cpuMs)).toFixed(0)} ms`,
  ])
  const names = readers.map(({ name }) => name)
  process.stdout.write(`${formatTable([['character error rate', ...names], ...errors])}\n`)
  process.stdout.write(`${formatTable([['median of', 'time', 'processor time'], ...times])}\n`)
  const load = loadavg()[0]!
  process.stdout.write(`Load of the machine: ${load.toFixed(1)}\n`)
  const file = writeResults('read', {
    load,
    errorRates: Object.fromEntries(
      PARTS.map(([part, counts]) => [
        part,
        Object.fromEntries(names.map((name) => [name, errorRate(of(name, counts))])),
      ]),
    ),
    times: Object.fromEntries(times.map(([name, ms, cpuMs]) => [name, { ms, cpuMs }])),
  })
  process.stdout.write(`Written to ${file}\n`)
}

/** Edits per character of the truth. */
function errorRate(measured: readonly Measured[]): number {
  const total = (key: 'edits' | 'length') => measured.reduce((sum, each) => sum + each[key], 0)
  return total('edits') / Math.max(1, total('length'))
}

function percent(rate: number): string {
  return `${(rate * 100).toFixed(1)} %`
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

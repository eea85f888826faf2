/** Time to ready and to the first answer, and memory, of a package as converted and prepared. */

import { execFile } from 'node:child_process'
import path from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { writeChart } from '../report/bar-chart.ts'
import { alternate, inWords, spread } from '../report/compare.ts'
import { FULL_SIZE_OPTIONS, fullSizePackage, withoutPrepared } from './full-size-package.ts'
import { writeResults } from '../report/results.ts'
import { formatTable } from '../report/tally.ts'

const MB = 1e6

type Memory = { readonly own: number; readonly files: number; readonly peak: number }
type Opened = {
  readonly openMs: number
  readonly firstAnswerMs: number
  readonly opened: Memory
  readonly described: Memory
}

export async function runStartBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: FULL_SIZE_OPTIONS })
  const prepared = await fullSizePackage(values.work, 'int4')
  const plain = await withoutPrepared(prepared)
  try {
    const measured = await alternate(Number(values.rounds), {
      prepared: () => openOnce(prepared),
      plain: () => openOnce(plain.folder),
    })
    const rows = {
      ready: (one: Opened) => one.openMs / 1000,
      'first answer': (one: Opened) => one.firstAnswerMs / 1000,
    }
    const memories = {
      'own memory, open': (one: Opened) => one.opened.own / MB,
      'own memory, described': (one: Opened) => one.described.own / MB,
      'resident, described': (one: Opened) => (one.described.own + one.described.files) / MB,
      'peak resident': (one: Opened) => one.described.peak / MB,
    }
    const line = (name: string, of: (one: Opened) => number, unit: string, digits: number) => [
      name,
      inWords(spread(measured.prepared.map(of)), unit, digits),
      inWords(spread(measured.plain.map(of)), unit, digits),
    ]
    process.stdout.write(
      formatTable([
        ['blip2-opt-2.7b, int4', 'prepared', 'as converted'],
        ...Object.entries(rows).map(([name, of]) => line(name, of, 's', 2)),
        ...Object.entries(memories).map(([name, of]) => line(name, of, 'MB', 0)),
      ]),
    )
    writeResults('start', measured)
    const bar = (label: string, of: (one: Opened) => number, side: Opened[], kind: number) => {
      const { median: value, low, high } = spread(side.map(of))
      return { label, value, low, high, kind }
    }
    writeChart('start', {
      title: 'Start: time to ready and to the first answer',
      unit: 's',
      bars: Object.entries(rows).flatMap(([name, of]) => [
        bar(`${name}, prepared`, of, measured.prepared, 0),
        bar(`${name}, as converted`, of, measured.plain, 1),
      ]),
    })
  } finally {
    await plain.remove()
  }
}

async function openOnce(folder: string): Promise<Opened> {
  const script = path.join(import.meta.dirname, 'open-once.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script, folder])
  return JSON.parse(stdout)
}

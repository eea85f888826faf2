/**
 * Memory of the model by stage, as converted and prepared, and of two bots on one host. Every
 * process is new: an allocator does not return memory, so a second
 * measurement in the same process would be of the first.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { type Bar, writeChart } from '../report/bar-chart.ts'
import { inWords, spread } from '../report/compare.ts'
import { FULL_SIZE_OPTIONS, fullSizePackage, withoutPrepared } from './full-size-package.ts'
import { type Memory, PEOPLE, type Stage } from './memory-process.ts'
import { writeResults } from '../report/results.ts'
import { nextMessage } from '../report/child-process.ts'
import { formatTable } from '../report/tally.ts'

const GB = 1e9
const LIMIT_GB = 3.5

const STAGES: Readonly<Partial<Record<Stage, string>>> = {
  open: 'open',
  vision: 'a picture seen',
  prefill: 'a prompt run',
  decode: '21 tokens',
  together: `${PEOPLE} at once`,
}

/** Memory of one process by stage; and of the pair, both having described. */
type Measured = {
  readonly stages: Readonly<Record<string, Memory>>
  readonly pair: readonly [Memory, Memory]
}
type Side = 'prepared' | 'plain'
type Sides = Readonly<Record<Side, readonly Measured[]>>

export async function runMemoryBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { ...FULL_SIZE_OPTIONS, rounds: { type: 'string', default: '2' } },
  })
  const prepared = await fullSizePackage(values.work, 'int4')
  const plain = await withoutPrepared(prepared)
  try {
    const sides: Record<Side, Measured[]> = { prepared: [], plain: [] }
    for (let round = 0; round < Number(values.rounds); round++) {
      sides.prepared.push(await measure(prepared))
      sides.plain.push(await measure(plain.folder))
    }
    report(sides)
    writeResults('memory', { limit: LIMIT_GB * GB, ...sides })
    draw(sides)
  } finally {
    await plain.remove()
  }
}

async function measure(folder: string): Promise<Measured> {
  const first = await start(folder)
  const stages: Record<string, Memory> = {}
  for (const stage of Object.keys(STAGES)) {
    stages[stage] = await tell(first, stage)
  }
  const second = await start(folder)
  const other = await tell(second, 'decode')
  const pair = [await tell(first, 'again'), other] as const
  await Promise.all([first, second].map(end))
  return { stages, pair }
}

async function start(folder: string): Promise<ChildProcess> {
  const child = fork(path.join(import.meta.dirname, 'memory-process.ts'), [folder])
  await nextMessage(child)
  return child
}

async function tell(child: ChildProcess, stage: string): Promise<Memory> {
  child.send(stage)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- memory-process.ts sends it
  return (await nextMessage(child)) as Memory
}

async function end(child: ChildProcess): Promise<void> {
  child.send('end')
  await once(child, 'exit')
}

const FIGURES = {
  resident: (one: Memory) => one.resident / GB,
  'of its own': (one: Memory) => one.own / GB,
  peak: (one: Memory) => one.peak / GB,
}

function report(sides: Sides): void {
  const rows = Object.entries(STAGES).flatMap(([stage, about]) =>
    Object.entries(FIGURES).map(([figure, of]) => [
      `${about}: ${figure}`,
      ...[sides.prepared, sides.plain].map((side) =>
        words(side.map(({ stages }) => of(stages[stage]!))),
      ),
    ]),
  )
  process.stdout.write(
    formatTable([
      ['blip2-opt-2.7b, int4', 'prepared', 'as converted'],
      ...rows,
      ['two bots: both together', words(pairs(sides.prepared)), words(pairs(sides.plain))],
    ]),
  )
  const loaded = spread(sides.prepared.map(({ stages }) => FIGURES.resident(stages['decode']!)))
  const holds = loaded.median <= LIMIT_GB ? 'holds' : 'is missed'
  process.stdout.write(
    `\nHeld to ${LIMIT_GB} GB resident with everything loaded, after 21 tokens: ${holds}.\n` +
      `What ${PEOPLE} at once add are their keys and values, and room to step them together.\n`,
  )
}

function words(values: readonly number[]): string {
  return inWords(spread(values), 'GB', 2)
}

/** What two processes cost the machine, in GB. */
function pairs(side: readonly Measured[]): number[] {
  return side.map(({ pair: [one, other] }) => (one.share + other.share) / GB)
}

function draw(sides: Sides): void {
  const stageBars = Object.entries(STAGES).flatMap(([stage, about]) => {
    const of = (side: readonly Measured[]) =>
      side.map(({ stages }) => FIGURES.resident(stages[stage]!))
    return [
      bar(`${about}, prepared`, of(sides.prepared), 0),
      bar(`${about}, as converted`, of(sides.plain), 1),
    ]
  })
  writeChart('memory', {
    title: 'Memory: resident by stage, and two bots on one host',
    unit: 'GB',
    bars: [
      ...stageBars,
      bar('two bots, prepared', pairs(sides.prepared), 2),
      bar('two bots, as converted', pairs(sides.plain), 1),
    ],
  })
}

function bar(label: string, values: readonly number[], kind: number): Bar {
  const { median: value, low, high } = spread(values)
  return { label, value, low, high, kind }
}

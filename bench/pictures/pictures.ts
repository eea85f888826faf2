/**
 * What pictures made to be costly cost, and how long others wait beside them: four of a kind are
 * asked about at once, then an ordinary picture by somebody else.
 */

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { fingerprintOf } from '../../bot/pictures/fingerprint.ts'
import { findModel } from '../../config/models.ts'
import { InputError } from '../../config/errors.ts'
import type { Model } from '../../inference/contract/types.ts'
import { DecodingPool } from '../../inference/image/decoding/pool.ts'
import { openModel } from '../../inference/model.ts'
import { writeResults } from '../report/results.ts'
import { formatTable } from '../report/tally.ts'
import { TimerLag } from '../soak/timer-lag.ts'
import { hostileFiles } from './hostile-files.ts'

const HOSTILE_AT_ONCE = 4
/** After which the ordinary request comes. */
const AFTER_MS = 300
const SAMPLE_MS = 25
const MIB = 2 ** 20
/** Of Linux' /proc: clock ticks a second, and bytes of a page. */
const TICKS = 100
const PAGE = 4096

type Cost = {
  /** What the ordinary request took, milliseconds. */
  readonly otherMs: number
  /** The longest that a timer of the main thread was late, milliseconds. */
  readonly lagMs: number
  /** From the cancellation of the hostile requests to the end of the last, milliseconds. */
  readonly cancelMs: number
  /** Processor time of the processes that decode, seconds; null where the system does not say. */
  readonly cpuS: number | null
  /** Their memory together at its peak. */
  readonly peakMb: number | null
}

export async function runPicturesBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { model: { type: 'string' } } })
  const files = await hostileFiles()
  const options = { imageCacheBytes: 0, conversationBytes: 0 }
  const model = await openModel(findModel(values.model ?? 'demo'), options)
  const costs: Record<string, Cost> = {}
  const fingerprints: Record<string, Cost> = {}
  try {
    await model.describe(await ordinary(0))
    costs['nothing'] = await beside(model, null)
    for (const [what, file] of files) {
      costs[what] = await beside(model, file)
    }
  } finally {
    await model.close()
  }
  for (const [what, file] of files) {
    fingerprints[what] = await compared(file)
  }
  process.stdout.write(`An ordinary picture beside ${HOSTILE_AT_ONCE} of a kind:\n`)
  process.stdout.write(tableOf(costs))
  process.stdout.write('\nThe same pictures compared for moderation, to the end:\n')
  process.stdout.write(tableOf(fingerprints))
  writeResults('pictures', { costs, fingerprints })
}

function tableOf(costs: Readonly<Record<string, Cost>>): string {
  const head = ['', 'other', 'lag', 'cancelled', 'processor', 'memory']
  const rows = Object.entries(costs).map(([what, cost]) => [
    what,
    `${cost.otherMs.toFixed(0)} ms`,
    `${cost.lagMs.toFixed(0)} ms`,
    `${cost.cancelMs.toFixed(0)} ms`,
    cost.cpuS === null ? '–' : `${cost.cpuS.toFixed(1)} s`,
    cost.peakMb === null ? '–' : `${cost.peakMb.toFixed(0)} MB`,
  ])
  return formatTable([head, ...rows])
}

/** Each with its own color, so that nothing is found in a cache. */
function ordinary(n: number): Promise<Buffer> {
  const create = {
    width: 1200,
    height: 900,
    channels: 3,
    background: { r: n, g: 90, b: 90 },
  } as const
  return sharp({ create }).jpeg().toBuffer()
}

let count = 0

async function beside(model: Model, hostile: Uint8Array | null): Promise<Cost> {
  const stop = new AbortController()
  const sides = Array.from({ length: hostile === null ? 0 : HOSTILE_AT_ONCE }, (_, i) =>
    // Bytes behind the end, so that each is a picture of its own.
    model
      .describe(Buffer.concat([hostile!, Buffer.of(i)]), { signal: stop.signal, user: 'hostile' })
      .catch(() => null),
  )
  return measure(sides, stop, async () => {
    await model.describe(await ordinary(++count), { user: 'other' })
  })
}

/** Moderation compares four at once, and an ordinary one. */
async function compared(hostile: Uint8Array): Promise<Cost> {
  const pool = new DecodingPool({ maxMemory: 512 * MIB })
  const print = (file: Uint8Array, owner: string) =>
    fingerprintOf(file, (bytes, side) => pool.brightness(bytes, side, { owner })).catch(
      (error: unknown) => {
        if (!(error instanceof InputError)) {
          throw error
        }
      },
    )
  const sides = Array.from({ length: HOSTILE_AT_ONCE }, () => print(hostile, 'hostile'))
  try {
    return await measure(sides, null, async () => {
      await print(await ordinary(++count), 'other')
    })
  } finally {
    await pool.close()
  }
}

/** @param stop cancels the hostile ones once the other has its answer; null: they go on to the end. */
async function measure(
  hostile: readonly Promise<unknown>[],
  stop: AbortController | null,
  other: () => Promise<void>,
): Promise<Cost> {
  const lag = new TimerLag()
  const watch = new ChildWatch()
  await new Promise((resolve) => setTimeout(resolve, AFTER_MS))
  lag.restart()
  const start = performance.now()
  await other()
  const otherMs = performance.now() - start
  const { max: lagMs } = lag.take()
  const cancelled = performance.now()
  stop?.abort()
  await Promise.all(hostile)
  const cancelMs = stop === null ? 0 : performance.now() - cancelled
  return { otherMs, lagMs, cancelMs, ...watch.stop() }
}

/** Watches the processes that this one started. */
class ChildWatch {
  readonly #before = new Map(children().map(({ pid, ticks }) => [pid, ticks]))
  readonly #ticks = new Map<string, number>()
  #peak = 0
  readonly #timer = setInterval(() => this.#look(), SAMPLE_MS)

  stop(): Pick<Cost, 'cpuS' | 'peakMb'> {
    this.#look()
    clearInterval(this.#timer)
    if (this.#ticks.size === 0) {
      return { cpuS: null, peakMb: null }
    }
    const ticks = this.#ticks
      .entries()
      .reduce((sum, [pid, used]) => sum + used - (this.#before.get(pid) ?? 0), 0)
    return { cpuS: ticks / TICKS, peakMb: this.#peak / MIB }
  }

  #look(): void {
    const all = children()
    this.#peak = Math.max(
      this.#peak,
      all.reduce((sum, { pages }) => sum + pages * PAGE, 0),
    )
    for (const { pid, ticks } of all) {
      this.#ticks.set(pid, ticks)
    }
  }
}

/** Processes of this one, from Linux' /proc; none on another system. */
function children(): { readonly pid: string; readonly ticks: number; readonly pages: number }[] {
  if (process.platform !== 'linux') {
    return []
  }
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) {
      return []
    }
    try {
      const stat = readFileSync(path.join('/proc', pid, 'stat'), 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const [parent, user, system, pages] = [fields[1], fields[11], fields[12], fields[21]].map(
        Number,
      )
      return parent === process.pid ? [{ pid, ticks: user! + system!, pages: pages! }] : []
    } catch {
      return [] // it has ended
    }
  })
}

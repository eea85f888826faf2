/** How fast a checkpoint becomes a package, and the peak memory of the conversion. */

import { spawn } from 'node:child_process'
import { globSync, readFileSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { writeChart } from '../report/bar-chart.ts'
import { inWords, spread } from '../report/compare.ts'
import { FULL_SIZE_OPTIONS, fullSizeCheckpoint } from './full-size-package.ts'
import { writeResults } from '../report/results.ts'
import { formatTable } from '../report/tally.ts'

const MB = 1e6
const PRECISIONS = ['int4', 'int8'] as const

export async function runPullBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { ...FULL_SIZE_OPTIONS, dtype: { type: 'string', default: 'F32' } },
  })
  const dtype = values.dtype === 'F16' ? 'F16' : 'F32'
  const checkpoint = await fullSizeCheckpoint(values.work, dtype)
  const bytes = globSync('*.safetensors', { cwd: checkpoint })
    .map((name) => statSync(path.join(checkpoint, name)).size)
    .reduce((sum, size) => sum + size, 0)
  const rounds = Math.min(3, Number(values.rounds))
  const results = []
  for (const precision of PRECISIONS) {
    const rates: number[] = []
    const peaks: number[] = []
    for (let round = 0; round < rounds; round++) {
      const out = path.join(values.work, `pull-${precision}`)
      rmSync(out, { recursive: true, force: true })
      const start = performance.now()
      const peak = await pull(['--from', checkpoint, '--out', out, '--precision', precision])
      rates.push(bytes / MB / ((performance.now() - start) / 1000))
      peaks.push(peak / MB)
      rmSync(out, { recursive: true })
    }
    results.push({ precision, rate: spread(rates), peak: spread(peaks) })
  }
  process.stdout.write(
    formatTable([
      [
        `${(bytes / 1e9).toFixed(1)} GB checkpoint (${dtype}) to`,
        'rate of source',
        'peak resident',
      ],
      ...results.map(({ precision, rate, peak }) => [
        precision,
        inWords(rate, 'MB/s', 0),
        inWords(peak, 'MB', 0),
      ]),
    ]),
  )
  writeResults('pull', { dtype, sourceBytes: bytes, results })
  writeChart('pull', {
    title: `pull: megabytes of an ${dtype} checkpoint a second`,
    unit: 'MB/s',
    bars: results.map(({ precision, rate: { median: value, low, high } }) => ({
      label: precision,
      value,
      low,
      high,
    })),
  })
}

/** Runs `pull` to its end. @returns the most memory it had, in bytes (Linux). */
async function pull(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, ['commands/terminal/pull.ts', ...args], {
    cwd: path.join(import.meta.dirname, '..', '..'),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  let peak = 0
  const watch = setInterval(() => {
    peak = Math.max(peak, residentBytes(child.pid))
  }, 100)
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve))
  clearInterval(watch)
  if (code !== 0) {
    throw new Error(`pull ${args.join(' ')} ended with ${code}`)
  }
  return peak
}

function residentBytes(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

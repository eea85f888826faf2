/**
 * From the results of `throughput`, `fleet` and `fleet --only overhead`: how many guilds one machine like
 * this one serves, and how many machines 10,000 and 150,000 guilds need. The assumptions are printed with it.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { writeChart } from '../report/bar-chart.ts'
import { newestResult, writeResults } from '../report/results.ts'
import { formatTable } from '../report/tally.ts'
import { bestRate, capacityPage, serversOf } from './capacity-page.ts'

const GUILDS = [10_000, 150_000]
const PAGE = path.join(import.meta.dirname, '..', '..', 'docs', 'capacity.md')

export async function runCapacityBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'per-day': { type: 'string', default: '20' },
      peak: { type: 'string', default: '3' },
      use: { type: 'string', default: '0.7' },
      publish: { type: 'boolean', default: false },
    },
  })
  const { publish, ...assumptions } = values
  const throughput = read('throughput')
  const assumed = {
    perDay: Number(values['per-day']),
    peak: Number(values.peak),
    use: Number(values.use),
  }
  const best = bestRate(throughput)
  const guilds = serversOf(best, assumed)
  const hosts = GUILDS.map((count) => ({ guilds: count, hosts: Math.ceil(count / guilds) }))
  process.stdout.write(
    formatTable([
      ['assumed', ''],
      ['descriptions of new pictures a guild and day', values['per-day']],
      ['busiest hour, times the mean', values.peak],
      ['share of a machine’s rate used, so that waits stay short', values.use],
      ['measured', ''],
      ['descriptions a minute, several people at once', best.toFixed(1)],
      ['follows', ''],
      ['guilds a machine', String(guilds)],
      ...hosts.map((one) => [`machines for ${one.guilds} guilds`, String(one.hosts)]),
    ]),
  )
  writeResults('capacity', { assumed: assumptions, descriptionsPerMinute: best, guilds, hosts })
  writeChart('capacity', {
    title: 'Machines like this one that so many guilds need',
    unit: 'machines',
    bars: hosts.map((one) => ({ label: `${one.guilds} guilds`, value: one.hosts })),
  })
  if (publish) {
    const [queue, fleet, chaos] = [read('queue'), read('fleet'), read('chaos')]
    writeFileSync(PAGE, capacityPage({ throughput, queue, fleet, chaos }, assumed))
    process.stdout.write(`\nwritten to ${path.relative(process.cwd(), PAGE)}\n`)
  }
}

/** The newest results of a benchmark. */
function read(name: string) {
  return JSON.parse(readFileSync(newestResult(`${name}.json`), 'utf8'))
}

/**
 * From the results of `describe` and `throughput`: how many guilds one machine like this one serves,
 * and how many machines 10,000 and 150,000 guilds need. The assumptions are printed with it.
 */

import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { writeChart } from '../report/bar-chart.ts'
import { newestResult, writeResults } from '../report/results.ts'
import { formatTable } from '../report/tally.ts'

const HOURS_OF_DAY = 24
const GUILDS = [10_000, 150_000]

type Throughput = {
  readonly loads: readonly {
    readonly people: number
    readonly pictures: { readonly descriptionsPerMinute: number }
  }[]
}

export async function runCapacityBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'per-day': { type: 'string', default: '20' },
      peak: { type: 'string', default: '3' },
      use: { type: 'string', default: '0.7' },
    },
  })
  const file = newestResult('throughput.json')
  const { loads }: Throughput = JSON.parse(readFileSync(file, 'utf8'))
  const best = Math.max(...loads.map(({ pictures }) => pictures.descriptionsPerMinute))
  const perGuild = (Number(values['per-day']) / (HOURS_OF_DAY * 60)) * Number(values.peak)
  const guilds = Math.floor((best * Number(values.use)) / perGuild)
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
  writeResults('capacity', { assumed: values, descriptionsPerMinute: best, guilds, hosts })
  writeChart('capacity', {
    title: 'Machines like this one that so many guilds need',
    unit: 'machines',
    bars: hosts.map((one) => ({ label: `${one.guilds} guilds`, value: one.hosts })),
  })
}

/** Writes docs/capacity.md: what one machine and many serve, from the results of other benchmarks. */

import { FULL_USE, USE } from '../fleet/simulation.ts'
import { markdownTable } from '../report/markdown.ts'
import { percent } from '../report/tally.ts'

/** Of `writeResults`. */
type Measured = { readonly date: string; readonly machine: string }

type Side = { readonly p50Ms: number; readonly p99Ms: number; readonly tokensPerSecond: number }
export type Overhead = { readonly thread: Side; readonly queue: Side }

/** What the page is computed from: the files of the same names in bench/results. */
export type CapacityResults = {
  readonly throughput: Measured & {
    readonly precision: string
    readonly loads: readonly {
      readonly people: number
      readonly pictures: { readonly descriptionsPerMinute: number }
    }[]
  }
  readonly queue: Measured & { readonly model: string; readonly overhead: Overhead }
  readonly fleet: Measured & {
    readonly overhead: Overhead
    readonly simulated: readonly {
      readonly workers: number
      readonly servers: number
      readonly speed: number
      readonly waitP50S: number
      readonly waitP99S: number
      readonly p50S: number
      readonly p99S: number
    }[]
  }
  readonly chaos: Measured & {
    readonly interactions: number
    readonly rate: number
    readonly trouble: { readonly kills: number; readonly restarts: number }
    readonly accepted: number
    readonly answered: number
    readonly told: number
    readonly doubled: number
  }
}

/** What is assumed of people, and the share of a machine's rate that is used. */
export type Assumed = { readonly perDay: number; readonly peak: number; readonly use: number }

const MINUTES_OF_DAY = 24 * 60
const SERVERS = [1000, 10_000, 150_000]

/** Descriptions of new pictures a minute at the machine's best load. */
export function bestRate({ loads }: CapacityResults['throughput']): number {
  return Math.max(...loads.map(({ pictures }) => pictures.descriptionsPerMinute))
}

/** Servers that a machine with a rate serves. @param rate descriptions a minute. */
export function serversOf(rate: number, { perDay, peak, use }: Assumed): number {
  return Math.floor((rate * use) / ((perDay / MINUTES_OF_DAY) * peak))
}

export function capacityPage(results: CapacityResults, assumed: Assumed): string {
  const parts = [
    introduction(results.throughput, assumed),
    `## Machines\n\n${machines(results, assumed)}`,
    `## How long people wait\n\n${waits(results.fleet)}`,
    `## What a queue costs\n\n${costs(results)}`,
    `## In trouble\n\n${trouble(results.chaos)}`,
  ]
  return `${parts.map((part) => part.trimEnd()).join('\n\n')}\n`
}

function introduction(throughput: CapacityResults['throughput'], { perDay, peak, use }: Assumed) {
  const rates = throughput.loads.map(
    ({ people, pictures }) => `${pictures.descriptionsPerMinute.toFixed(0)} for ${people}`,
  )
  return `# Capacity

How many servers machines serve, and how long people wait. \`npm run bench -- capacity --publish\` computes this page from the
results of \`throughput\`, \`fleet\` and \`fleet --only overhead\` in \`bench/results\`.

**Assumed:** ${perDay} descriptions of new pictures on a server each day, in the busiest hour ${peak} times the mean, and ${percent(use)} of a
machine's rate used, so that waits stay short. Your servers differ: \`--per-day\`, \`--peak\` and \`--use\` change it.

**Measured** (${about(throughput)}): descriptions a minute of a package with the shapes of
blip2-opt-2.7b in ${throughput.precision}, by the people who ask at once: ${rates.join(', ')}. A smaller model takes less; measure yours with
\`npm run bench -- throughput\`.`
}

function machines({ throughput, queue }: CapacityResults, assumed: Assumed): string {
  const alone = serversOf(bestRate(throughput), assumed)
  const kept = queue.overhead.queue.tokensPerSecond / queue.overhead.thread.tokensPerSecond
  const queued = serversOf(bestRate(throughput) * Math.min(1, kept), assumed)
  return markdownTable([
    ['', 'the model in the bot', 'workers on a queue'],
    ['servers for each machine', String(alone), String(queued)],
    ...SERVERS.map((servers) => [
      `machines for ${servers.toLocaleString('en-US')} servers`,
      String(Math.ceil(servers / alone)),
      String(Math.ceil(servers / queued)),
    ]),
  ])
}

function waits({ simulated }: CapacityResults['fleet']): string {
  return `Simulated: requests come by chance, and each takes what it took when measured. First with ${percent(USE)} of the workers' rate
used, then with ${percent(FULL_USE)}, then for 150,000 servers. A wait is until a worker begins; eight requests run at once on each.

${markdownTable([
  ['workers', 'servers', 'speed', 'wait p50', 'p99', 'answer p50', 'p99'],
  ...simulated.map((one) => [
    String(one.workers),
    one.servers.toLocaleString('en-US'),
    `${one.speed.toFixed(1)} ×`,
    seconds(one.waitP50S),
    seconds(one.waitP99S),
    seconds(one.p50S),
    seconds(one.p99S),
  ]),
])}`
}

function costs({ queue, fleet }: CapacityResults): string {
  return `From the model on a thread of the bot to a worker on the same machine, with one thread each (${about(queue)}): 20
tokens for one person, and tokens a second of eight. The demo is so fast that the processes take the cores from each other.

${markdownTable([
  ['', 'p50', 'p99', 'tokens a second', 'kept'],
  overheadRow(queue.model, queue.overhead),
  overheadRow('demo', fleet.overhead),
])}`
}

function trouble({ trouble: { kills, restarts }, ...chaos }: CapacityResults['chaos']): string {
  return `Three bots and three workers with ${chaos.rate} commands a second, while ${kills} workers were killed and Redis restarted ${restarts} times (${about(chaos)}):
of ${chaos.interactions.toLocaleString('en-US')} commands ${chaos.accepted.toLocaleString('en-US')} were acknowledged in time, ${chaos.answered.toLocaleString('en-US')} answered, ${chaos.told} told why not, and ${chaos.doubled} answered twice.`
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`
}

function overheadRow(name: string, { thread, queue }: Overhead): string[] {
  return [
    name,
    `${thread.p50Ms.toFixed(0)} → ${queue.p50Ms.toFixed(0)} ms`,
    `${thread.p99Ms.toFixed(0)} → ${queue.p99Ms.toFixed(0)} ms`,
    `${rounded(thread.tokensPerSecond)} → ${rounded(queue.tokensPerSecond)}`,
    percent(queue.tokensPerSecond / thread.tokensPerSecond),
  ]
}

/** Three digits, so that a share of small numbers can be seen. */
function rounded(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0)
}

function about({ machine, date }: Measured): string {
  return `${machine}, ${date.slice(0, 10)}`
}

/** Counters and timings for Prometheus. Labels have few, fixed values, and no ids. */

import { type Client, Status } from 'discord.js'
import packageJson from '../../package.json' with { type: 'json' }
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Stage as ModelStage } from '../../inference/contract/stages.ts'
import type { Model } from '../../inference/contract/types.ts'

/** The parts of a request that are timed. */
export type Stage = 'acknowledge' | 'download' | ModelStage | 'read' | 'answer'

/** Seconds; from a round trip to the store to a long answer of a large model. */
const STAGE_BUCKETS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]
const STORE_BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5]

/**
 * Counts what moderation does: `picture` (examined), `case` (opened, by its first reason), `decision`
 * (by the state it led to), `action` (by step: delete, timeout, tell …), `problem` (a step that
 * Discord refused) and `rule` (`hit` of a question, `words-hit`, `match-hit`).
 */
export type CountModeration = (
  event: 'picture' | 'case' | 'decision' | 'action' | 'problem' | 'rule',
  detail: string,
  count?: number,
) => void

export type Metrics = {
  readonly registry: Registry
  /** A request ended. @param kind such as `describe`. @param outcome such as `answered`. */
  readonly request: (kind: string, outcome: string) => void
  /**
   * A part of a request took this many seconds: `acknowledge` from the click until Discord had the
   * first response, `answer` from the click until the request ended.
   */
  readonly stage: (stage: Stage, seconds: number) => void
  readonly cache: (name: string, hit: boolean) => void
  readonly job: (outcome: string) => void
  readonly store: (operation: string, seconds: number) => void
  readonly moderation: CountModeration
  /** Reads the engine's statistics whenever the metrics are read. */
  readonly watchModel: (model: Pick<Model, 'stats'>) => void
  readonly watchGateway: (client: Client) => void
  /** Whether a server of the model can be used. @param host its address. */
  readonly host: (host: string, up: boolean) => void
  /** What runs: the version of the bot and its model. */
  readonly build: (about: { readonly model: string; readonly precision: string }) => void
  /** All metrics in Prometheus's text format. */
  readonly text: () => Promise<string>
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name, help, labelNames, registers })
  const requests = counter('sightseer_requests_total', 'Requests that ended.', ['kind', 'outcome'])
  const caches = counter('sightseer_cache_total', 'Lookups in a cache.', ['cache', 'result'])
  const jobs = counter('sightseer_jobs_total', 'Jobs by outcome.', ['outcome'])
  const moderation = counter('sightseer_moderation_total', 'What moderation did.', [
    'event',
    'detail',
  ])
  const hosts = new Gauge({
    name: 'sightseer_model_host_up',
    help: 'Whether a server of SIGHTSEER_MODEL can be used.',
    labelNames: ['host'],
    registers,
  })
  const build = new Gauge({
    name: 'sightseer_build_info',
    help: 'Always 1; its labels say what runs.',
    labelNames: ['version', 'node', 'model', 'precision'],
    registers,
  })
  const stages = new Histogram({
    name: 'sightseer_stage_seconds',
    help: 'Duration of each part of a request.',
    labelNames: ['stage'],
    buckets: STAGE_BUCKETS,
    registers,
  })
  const store = new Histogram({
    name: 'sightseer_store_seconds',
    help: 'Duration of store operations.',
    labelNames: ['operation'],
    buckets: STORE_BUCKETS,
    registers,
  })
  return {
    registry,
    request: (kind, outcome) => requests.inc({ kind, outcome }),
    stage: (stage, seconds) => stages.observe({ stage }, seconds),
    cache: (cache, hit) => caches.inc({ cache, result: hit ? 'hit' : 'miss' }),
    job: (outcome) => jobs.inc({ outcome }),
    store: (operation, seconds) => store.observe({ operation }, seconds),
    moderation: (event, detail, count = 1) => moderation.inc({ event, detail }, count),
    host: (host, up) => hosts.set({ host }, up ? 1 : 0),
    build: ({ model, precision }) =>
      build.set({ version: packageJson.version, node: process.version, model, precision }, 1),
    watchModel: (model) => watchModel(registry, model),
    watchGateway: (client) => watchGateway(registry, client),
    text: () => registry.metrics(),
  }
}

function watchModel(registry: Registry, model: Pick<Model, 'stats'>): void {
  const queue = new Gauge({
    name: 'sightseer_queue_requests',
    help: 'Requests at the model that wait or run.',
    labelNames: ['state'],
    registers: [],
    collect() {
      const { queued, live } = model.stats()
      this.set({ state: 'waiting' }, queued)
      this.set({ state: 'running' }, live)
    },
  })
  const ended = new Counter({
    name: 'sightseer_model_requests_total',
    help: 'Requests at the model that ended, by outcome.',
    labelNames: ['outcome'],
    registers: [],
    collect() {
      this.reset()
      const { done, failed, refused, late } = model.stats()
      for (const [outcome, count] of Object.entries({ done, failed, refused, late })) {
        this.inc({ outcome }, count)
      }
    },
  })
  const rows = new Counter({
    name: 'sightseer_model_rows_total',
    help: 'Runs of each stage, and the pictures or sequences in them; rows / runs is the mean batch size.',
    labelNames: ['stage', 'count'],
    registers: [],
    collect() {
      this.reset()
      for (const [stage, { runs, rows: count }] of Object.entries(model.stats().stages)) {
        this.inc({ stage, count: 'runs' }, runs)
        this.inc({ stage, count: 'rows' }, count)
      }
      this.inc({ stage: 'read', count: 'runs' }, model.stats().reading.runs)
    },
  })
  const caches = new Counter({
    name: 'sightseer_model_cache_total',
    help: 'Lookups in the caches of the model.',
    labelNames: ['cache', 'result'],
    registers: [],
    collect() {
      this.reset()
      for (const [cache, { hits, misses }] of Object.entries(model.stats().caches)) {
        this.inc({ cache, result: 'hit' }, hits)
        this.inc({ cache, result: 'miss' }, misses)
      }
    },
  })
  for (const metric of [queue, ended, rows, caches]) {
    registry.registerMetric<string>(metric)
  }
}

function watchGateway(registry: Registry, client: Client): void {
  const up = new Gauge({
    name: 'sightseer_gateway_up',
    help: 'Whether a shard is connected to Discord.',
    labelNames: ['shard'],
    registers: [],
    collect() {
      this.reset()
      for (const [shard, { status }] of client.ws.shards) {
        this.set({ shard: String(shard) }, status === Status.Ready ? 1 : 0)
      }
    },
  })
  const ping = new Gauge({
    name: 'sightseer_gateway_ping_seconds',
    help: 'Mean round-trip time of heartbeats; NaN before the first.',
    registers: [],
    collect() {
      this.set(client.ws.ping >= 0 ? client.ws.ping / 1000 : Number.NaN)
    },
  })
  const guilds = new Gauge({
    name: 'sightseer_guilds',
    help: 'Number of servers that the bot is in.',
    registers: [],
    collect() {
      this.set(client.guilds.cache.size)
    },
  })
  for (const gauge of [up, ping, guilds]) {
    registry.registerMetric(gauge)
  }
}

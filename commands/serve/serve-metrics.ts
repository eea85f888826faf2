/** Counters and timings of the HTTP API for Prometheus. */

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { STAGES } from '../../inference/contract/stages.ts'
import type { Model } from '../../inference/contract/types.ts'

/** Seconds; from a picture in the cache to a long answer of a large model. */
const BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

export type ServeMetrics = {
  /** A request ended. @param client name of its key. @param seconds from its last byte on. */
  readonly request: (
    about: { readonly route: string; readonly status: number; readonly client: string },
    seconds: number,
  ) => void
  readonly tokens: (kind: 'prompt' | 'completion', count: number) => void
  readonly text: () => Promise<string>
}

export function createServeMetrics(model: Pick<Model, 'stats'>): ServeMetrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    name: 'sightseer_http_requests_total',
    help: 'Requests that ended.',
    labelNames: ['route', 'status', 'client'],
    registers,
  })
  const seconds = new Histogram({
    name: 'sightseer_http_request_seconds',
    help: 'Duration of requests.',
    labelNames: ['route'],
    buckets: BUCKETS,
    registers,
  })
  const tokens = new Counter({
    name: 'sightseer_http_tokens_total',
    help: 'Tokens of prompts (pictures included) and of answers.',
    labelNames: ['kind'],
    registers,
  })
  const inEngine = new Gauge({
    name: 'sightseer_queue_requests',
    help: 'Requests at the model that wait or run.',
    labelNames: ['state'],
    registers,
  })
  const stages = new Gauge({
    name: 'sightseer_engine_stage_seconds',
    help: 'Time that the engine has spent in each stage since it started.',
    labelNames: ['stage'],
    registers,
  })
  return {
    request: ({ route, status, client }, duration) => {
      requests.inc({ route, status, client })
      seconds.observe({ route }, duration)
    },
    tokens: (kind, count) => tokens.inc({ kind }, count),
    text: () => {
      const stats = model.stats()
      inEngine.set({ state: 'waiting' }, stats.queued)
      inEngine.set({ state: 'running' }, stats.live)
      for (const stage of STAGES) {
        stages.set({ stage }, stats.stages[stage].ms / 1000)
      }
      return registry.metrics()
    },
  }
}

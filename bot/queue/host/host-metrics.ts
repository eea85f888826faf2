/** Counters of a worker for Prometheus. */

import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { STAGES } from '../../../inference/contract/stages.ts'
import type { ModelStats } from '../../../inference/contract/types.ts'

const OUTCOMES = ['done', 'failed', 'refused', 'late'] as const

export type HostState = {
  readonly stats: ModelStats | null
  /** Requests taken from the queue that are not answered yet. */
  readonly running: number
}

/** @returns the text of /metrics. */
export function createHostMetrics(state: () => HostState): () => Promise<string> {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const running = new Gauge({
    name: 'sightseer_worker_requests',
    help: 'Requests taken from the queue that are not answered yet.',
    registers,
  })
  const ended = new Gauge({
    name: 'sightseer_engine_requests',
    help: 'Requests that ended since the model was opened.',
    labelNames: ['outcome'],
    registers,
  })
  const stages = new Gauge({
    name: 'sightseer_engine_stage_seconds',
    help: 'Time that the engine has spent in each stage since it started.',
    labelNames: ['stage'],
    registers,
  })
  return () => {
    const { stats, running: count } = state()
    running.set(count)
    if (stats !== null) {
      for (const outcome of OUTCOMES) {
        ended.set({ outcome }, stats[outcome])
      }
      for (const stage of STAGES) {
        stages.set({ stage }, stats.stages[stage].ms / 1000)
      }
    }
    return registry.metrics()
  }
}

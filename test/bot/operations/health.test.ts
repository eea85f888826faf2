/** The metrics and health that an operator sees, asked for over HTTP. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { type HealthServer, serveHealth } from '../../../bot/operations/health.ts'
import { byStage } from '../../../inference/contract/stages.ts'
import { createMetrics } from '../../../bot/operations/metrics.ts'
import type { ModelStats } from '../../../inference/contract/types.ts'

const NO_RUNS = { runs: 0, rows: 0, ms: 0 }
const NO_LOOKS = { hits: 0, misses: 0 }
const STATS: ModelStats = {
  queued: 3,
  device: 'cpu' as const,
  live: 1,
  done: 9,
  failed: 0,
  refused: 2,
  late: 4,
  stages: { ...byStage(() => NO_RUNS), decode: { runs: 5, rows: 20, ms: 100 } },
  reading: { runs: 7, ms: 350 },
  caches: {
    images: { hits: 3, misses: 2, bytes: 327_680 },
    conversations: { ...NO_LOOKS, positions: 0, bytes: 0 },
    prompts: { hits: 8, misses: 1 },
    texts: { hits: 6, misses: 2 },
  },
}

const works = () => true

describe('serveHealth', () => {
  const metrics = createMetrics()
  let storeWorks: () => boolean | Promise<boolean> = works
  let health: HealthServer

  before(async () => {
    const checks = { gateway: () => true, store: () => storeWorks() }
    health = await serveHealth({
      host: '127.0.0.1',
      port: 0,
      metrics: () => metrics.text(),
      checks,
    })
  })
  after(() => health.close())

  async function get(path: string, method = 'GET') {
    const response = await fetch(health.url + path, { method })
    return { status: response.status, text: await response.text() }
  }

  it('is alive', async () => {
    assert.deepEqual(await get('/livez'), { status: 200, text: 'ok\n' })
  })

  it('is ready when every part is, and says which is not', async () => {
    assert.deepEqual(await get('/readyz'), { status: 200, text: 'ok gateway\nok store\n' })
    const failures = [
      () => false,
      () => Promise.reject(new Error('away')),
      () => {
        throw new Error('away')
      },
      () => new Promise<boolean>(() => {}),
    ]
    for (const failure of failures) {
      storeWorks = failure
      assert.deepEqual(await get('/readyz'), { status: 503, text: 'ok gateway\nFAILED store\n' })
    }
    storeWorks = works
    assert.equal((await get('/livez')).status, 200)
  })

  it('gives the numbers in the format of Prometheus', async () => {
    metrics.request('describe', 'answered')
    metrics.request('describe', 'answered')
    metrics.stage('vision', 0.3)
    metrics.cache('picture-files', true)
    metrics.cache('picture-files', false)
    metrics.job('resumed')
    metrics.store('update', 0.003)
    metrics.watchModel({ stats: () => STATS })
    await get('/metrics')
    const { status, text } = await get('/metrics')
    assert.equal(status, 200)
    const lines = text.split('\n')
    for (const line of [
      'sightseer_requests_total{kind="describe",outcome="answered"} 2',
      'sightseer_stage_seconds_bucket{le="0.25",stage="vision"} 0',
      'sightseer_stage_seconds_bucket{le="0.5",stage="vision"} 1',
      'sightseer_cache_total{cache="picture-files",result="hit"} 1',
      'sightseer_cache_total{cache="picture-files",result="miss"} 1',
      'sightseer_jobs_total{outcome="resumed"} 1',
      'sightseer_store_seconds_bucket{le="0.005",operation="update"} 1',
      'sightseer_queue_requests{state="waiting"} 3',
      'sightseer_queue_requests{state="running"} 1',
      'sightseer_model_requests_total{outcome="late"} 4',
      'sightseer_model_rows_total{stage="decode",count="runs"} 5',
      'sightseer_model_rows_total{stage="decode",count="rows"} 20',
      'sightseer_model_cache_total{cache="images",result="hit"} 3',
      'sightseer_model_cache_total{cache="images",result="miss"} 2',
      'sightseer_model_cache_total{cache="prompts",result="hit"} 8',
    ]) {
      assert.ok(lines.includes(line), line)
    }
    assert.match(text, /^nodejs_eventloop_lag_p99_seconds /m)
    assert.match(text, /^process_resident_memory_bytes /m)
  })

  it('has nothing else, and takes nothing', async () => {
    assert.equal((await get('/')).status, 404)
    assert.equal((await get('/constructor')).status, 404)
    assert.equal((await get('/metrics', 'POST')).status, 405)
  })

  it('says that its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    assert.ok(address !== null && typeof address === 'object')
    const { port } = address
    const taken = serveHealth({ host: '127.0.0.1', port, metrics: async () => '', checks: {} })
    await assert.rejects(taken, {
      name: 'ConfigError',
      message: `SIGHTSEER_OPERATIONS_PORT: 127.0.0.1:${port} cannot be used (EADDRINUSE).`,
    })
    other.close()
  })
})

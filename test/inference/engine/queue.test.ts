import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { JobQueue, type QueuedJob } from '../../../inference/engine/queue.ts'

/** A job of so many steps that writes what happens to it. */
function job(id: number, steps: number, log: string[]): QueuedJob<number, string> {
  return {
    id,
    async *start() {
      for (let step = 1; step <= steps; step++) {
        yield step
      }
      return 'result'
    },
    progress: (step) => log.push(`${id}:${step}`),
    done: (result) => log.push(`${id} ${result}`),
    failed: (error) => log.push(`${id} ${error instanceof Error ? error.message : 'failed'}`),
  }
}

describe('JobQueue', () => {
  it('runs jobs in the order they came', async () => {
    const queue = new JobQueue<number, string>()
    const log: string[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    queue.add(job(1, 2, log))
    queue.add(job(2, 1, log))
    queue.add({ ...job(3, 0, log), done: () => resolve() })
    await promise
    assert.deepEqual(log, ['1:1', '1:2', '1 result', '2:1', '2 result'])
  })

  it('drops a waiting job at once and a running one between two steps', async () => {
    const queue = new JobQueue<number, string>()
    const log: string[] = []
    queue.add({
      ...job(1, 5, log),
      progress: (step) => {
        log.push(`1:${step}`)
        queue.cancel(2)
        queue.cancel(1)
      },
    })
    queue.add(job(2, 5, log))
    queue.cancel(99)
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.deepEqual(log, ['1:1', '2 cancelled', '1 cancelled'])
  })

  it('goes on after a job that fails, and ends everything when drained', async () => {
    const queue = new JobQueue<number, string>()
    const log: string[] = []
    const broken = job(1, 0, log)
    queue.add({
      ...broken,
      // oxlint-disable-next-line require-yield
      async *start() {
        throw new Error('broken')
      },
    })
    queue.add(job(2, 1000, log))
    queue.add(job(3, 1000, log))
    await new Promise((resolve) => setImmediate(resolve))
    await queue.drain()
    assert.equal(log[0], '1 broken')
    assert.ok(log.includes('2 cancelled') && log.includes('3 cancelled'))
  })
})

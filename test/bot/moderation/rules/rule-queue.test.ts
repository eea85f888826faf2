/** The queue before the model: bounded, with a report of each dropped item. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RuleQueue } from '../../../../bot/moderation/rules/rule-queue.ts'

function watched(limit: number, work: (item: number) => Promise<void>) {
  const seen = { done: [] as number[], dropped: [] as number[], failed: [] as number[] }
  const queue = new RuleQueue<number>({
    limit,
    work: async (item) => {
      await work(item)
      seen.done.push(item)
    },
    failed: (_, item) => seen.failed.push(item),
    dropped: (item) => seen.dropped.push(item),
  })
  return { queue, seen }
}

describe('RuleQueue', () => {
  it('drops the oldest waiting item, and never the one in progress', async () => {
    const gate = Promise.withResolvers<void>()
    const { queue, seen } = watched(2, () => gate.promise)
    for (const item of [1, 2, 3, 4, 5]) {
      queue.add(item)
    }
    assert.deepEqual(seen.dropped, [2, 3])
    assert.equal(queue.waiting, 2)
    gate.resolve()
    await queue.settle()
    assert.deepEqual(seen.done, [1, 4, 5])
  })

  it('continues after a failure', async () => {
    const { queue, seen } = watched(9, async (item) => {
      if (item === 1) {
        throw new Error('no')
      }
    })
    for (const item of [1, 2]) {
      queue.add(item)
    }
    await queue.settle()
    queue.add(3)
    await queue.settle()
    assert.deepEqual(seen, { done: [2, 3], dropped: [], failed: [1] })
  })

  it('stops after the item in progress', async () => {
    const gate = Promise.withResolvers<void>()
    const { queue, seen } = watched(9, () => gate.promise)
    for (const item of [1, 2]) {
      queue.add(item)
    }
    const stopped = queue.stop()
    gate.resolve()
    await stopped
    queue.add(3)
    await queue.settle()
    assert.deepEqual(seen.done, [1])
  })
})

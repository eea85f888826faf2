import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FairQueue, type Queued } from '../../../inference/engine/fair-queue.ts'
import type { Urgency } from '../../../inference/contract/types.ts'

function request(id: number, tenant: string, user: string, urgency: Urgency = 'normal'): Queued {
  return { id, claim: { tenant, user, urgency } }
}

function ids(queue: FairQueue<Queued>): number[] {
  return queue.order().map(({ id }) => id)
}

describe('FairQueue', () => {
  it('puts urgent requests first, and else takes them as they came', () => {
    const queue = new FairQueue<Queued>(10)
    const kinds: Urgency[] = ['bulk', 'background', 'normal', 'interactive', 'normal']
    kinds.forEach((kind, id) => queue.add(request(id, `tenant ${id}`, `user ${id}`, kind)))
    assert.deepEqual(ids(queue), [3, 2, 4, 1, 0])
  })

  it('lets tenants take turns, and users within a tenant', () => {
    const queue = new FairQueue<Queued>(10)
    queue.add(request(1, 'a', 'x'))
    queue.add(request(2, 'a', 'x'))
    queue.add(request(3, 'a', 'y'))
    queue.add(request(4, 'b', 'z'))
    assert.deepEqual(ids(queue), [1, 4, 3, 2])
  })

  it('counts what is at work, until it has ended', () => {
    const queue = new FairQueue<Queued>(10)
    const atWork = request(1, 'a', 'x')
    queue.add(atWork)
    queue.take(atWork)
    queue.add(request(2, 'b', 'z'))
    queue.take(request(2, 'b', 'z'))
    queue.add(request(3, 'a', 'x'))
    queue.add(request(4, 'b', 'z'))
    assert.deepEqual(ids(queue), [3, 4])
    queue.ended(request(2, 'b', 'z'))
    assert.deepEqual(ids(queue), [4, 3])
  })

  it('refuses the last in order once it is full, which need not be the newest', () => {
    const queue = new FairQueue<Queued>(2)
    assert.equal(queue.add(request(1, 'a', 'x', 'bulk')), null)
    assert.equal(queue.add(request(2, 'a', 'x')), null)
    assert.equal(queue.add(request(3, 'a', 'x'))?.id, 1)
    assert.equal(queue.add(request(4, 'b', 'y'))?.id, 3)
    assert.equal(queue.add(request(5, 'a', 'x'))?.id, 5)
    assert.deepEqual(ids(queue), [2, 4])
  })

  it('leaves out what is not wanted', () => {
    const queue = new FairQueue<Queued>(2)
    queue.add(request(1, 'a', 'x'))
    queue.add(request(2, 'a', 'x', 'bulk'))
    assert.equal(queue.peek(({ claim }) => claim.urgency === 'bulk')?.id, 2)
    assert.equal(queue.remove(2)?.id, 2)
    assert.equal(
      queue.peek(({ claim }) => claim.urgency === 'bulk'),
      null,
    )
  })
})

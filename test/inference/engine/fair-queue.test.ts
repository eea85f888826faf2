import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Claim, FairQueue } from '../../../inference/engine/fair-queue.ts'
import type { Priority } from '../../../inference/types.ts'

function claim(id: number, guild: string, user: string, priority: Priority = 'reply'): Claim {
  return { id, guild, user, priority }
}

function ids(queue: FairQueue<Claim>): number[] {
  return queue.order().map(({ id }) => id)
}

describe('FairQueue', () => {
  it('puts urgent requests first, and else takes them as they came', () => {
    const queue = new FairQueue<Claim>(10)
    const kinds: Priority[] = ['moderation', 'alt-text', 'reply', 'interaction', 'reply']
    kinds.forEach((kind, id) => queue.add(claim(id, `guild ${id}`, `user ${id}`, kind)))
    assert.deepEqual(ids(queue), [3, 2, 4, 1, 0])
  })

  it('lets guilds take turns, and people within a guild', () => {
    const queue = new FairQueue<Claim>(10)
    queue.add(claim(1, 'a', 'x'))
    queue.add(claim(2, 'a', 'x'))
    queue.add(claim(3, 'a', 'y'))
    queue.add(claim(4, 'b', 'z'))
    assert.deepEqual(ids(queue), [1, 4, 3, 2])
  })

  it('counts what is at work, until it has ended', () => {
    const queue = new FairQueue<Claim>(10)
    const atWork = claim(1, 'a', 'x')
    queue.add(atWork)
    queue.take(atWork)
    queue.add(claim(2, 'b', 'z'))
    queue.take(claim(2, 'b', 'z'))
    queue.add(claim(3, 'a', 'x'))
    queue.add(claim(4, 'b', 'z'))
    assert.deepEqual(ids(queue), [3, 4])
    queue.ended(claim(2, 'b', 'z'))
    assert.deepEqual(ids(queue), [4, 3])
  })

  it('refuses the last in order once it is full, which need not be the newest', () => {
    const queue = new FairQueue<Claim>(2)
    assert.equal(queue.add(claim(1, 'a', 'x', 'moderation')), null)
    assert.equal(queue.add(claim(2, 'a', 'x')), null)
    assert.equal(queue.add(claim(3, 'a', 'x'))?.id, 1)
    assert.equal(queue.add(claim(4, 'b', 'y'))?.id, 3)
    assert.equal(queue.add(claim(5, 'a', 'x'))?.id, 5)
    assert.deepEqual(ids(queue), [2, 4])
  })

  it('leaves out what is not wanted', () => {
    const queue = new FairQueue<Claim>(2)
    queue.add(claim(1, 'a', 'x'))
    queue.add(claim(2, 'a', 'x', 'moderation'))
    assert.equal(queue.peek(({ priority }) => priority === 'moderation')?.id, 2)
    assert.equal(queue.remove(2)?.id, 2)
    assert.equal(
      queue.peek(({ priority }) => priority === 'moderation'),
      null,
    )
  })
})

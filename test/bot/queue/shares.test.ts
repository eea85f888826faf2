import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Shares } from '../../../bot/queue/shares.ts'
import type { Claim, Urgency } from '../../../inference/contract/types.ts'

function claim(tenant: string, user: string, urgency: Urgency = 'interactive'): Claim {
  return { tenant, user, urgency, deadline: Infinity }
}

/** The order in which a queue takes the requests. */
function order(priorities: ReadonlyMap<string, number>): string[] {
  return [...priorities].toSorted(([, a], [, b]) => a - b).map(([id]) => id)
}

/** Adds requests, each after the ones before it. */
function all(shares: Shares, requests: readonly (readonly [string, Claim])[]): Map<string, number> {
  const now = new Map<string, number>()
  for (const [id, who] of requests) {
    for (const [changed, priority] of shares.add(id, who)) {
      now.set(changed, priority)
    }
  }
  return now
}

describe('Shares', () => {
  it('let the first request of each tenant go before the second of any', () => {
    const crowd = ['a1', 'a2', 'a3'].map((id) => [id, claim('a', id)] as const)
    const now = all(new Shares(), [...crowd, ['b1', claim('b', 'ben')]])
    assert.deepEqual(order(now), ['a1', 'b1', 'a2', 'a3'])
  })

  it('let users of a tenant take turns', () => {
    const ada = ['ada1', 'ada2', 'ada3'].map((id) => [id, claim('a', 'ada')] as const)
    const now = all(new Shares(), [...ada, ['ben1', claim('a', 'ben')]])
    assert.deepEqual(order(now), ['ada1', 'ben1', 'ada2', 'ada3'])
  })

  it('move the others up once one is answered', () => {
    const shares = new Shares()
    const now = all(shares, [
      ['a1', claim('a', 'ada')],
      ['a2', claim('a', 'ada')],
      ['b1', claim('b', 'ben')],
    ])
    assert.deepEqual([...shares.remove('a1', claim('a', 'ada'))], [['a2', now.get('b1')]])
  })

  it('let no urgency pass a higher one, however many requests it has', () => {
    const bulk = claim('a', 'ada', 'bulk')
    const many = Array.from(
      { length: 500 },
      (_, index) => [`i${index}`, claim('a', 'ada')] as const,
    )
    const now = all(new Shares(), [['bulk', bulk], ...many])
    assert.equal(order(now).at(-1), 'bulk')
  })

  it('give BullMQ’s range only, and never 0, which goes before all', () => {
    const shares = new Shares()
    const first = shares.add('first', claim('a', 'ada')).get('first') ?? 0
    const last = shares.add('last', claim('a', 'ada', 'bulk')).get('last') ?? 0
    assert.ok(first >= 1)
    assert.ok(last + 2 ** 19 - 2 <= 2 ** 21 - 1, `${last}`)
  })
})

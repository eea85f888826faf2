/** One after another, by key. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Turns } from '../../../bot/moderation/turns.ts'

describe('Turns', () => {
  it('lets the same key wait, even for what fails, and no other', async () => {
    const turns = new Turns()
    const seen: string[] = []
    const gate = Promise.withResolvers<void>()
    const first = turns.take('a', async () => {
      await gate.promise
      seen.push('first')
      throw new Error('no')
    })
    const second = turns.take('a', async () => seen.push('second'))
    await turns.take('b', async () => seen.push('other'))
    assert.deepEqual(seen, ['other'])
    gate.resolve()
    await assert.rejects(first, /no/)
    await second
    assert.deepEqual(seen, ['other', 'first', 'second'])
  })

  it('settles when nothing is left, what was added meanwhile included', async () => {
    const turns = new Turns()
    let done = false
    void turns.take('a', async () => {
      void turns.take('a', async () => {
        done = true
      })
    })
    assert.equal(turns.size, 1)
    await turns.settle()
    assert.ok(done)
    assert.equal(turns.size, 0)
  })
})

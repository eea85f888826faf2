/** One after another, by key. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { KeyedMutex } from '../../../bot/store/keyed-mutex.ts'

describe('KeyedMutex', () => {
  it('lets the same key wait, even for what fails, and no other', async () => {
    const mutex = new KeyedMutex()
    const seen: string[] = []
    const gate = Promise.withResolvers<void>()
    const first = mutex.run('a', async () => {
      await gate.promise
      seen.push('first')
      throw new Error('no')
    })
    const second = mutex.run('a', async () => seen.push('second'))
    await mutex.run('b', async () => seen.push('other'))
    assert.deepEqual(seen, ['other'])
    gate.resolve()
    await assert.rejects(first, /no/)
    await second
    assert.deepEqual(seen, ['other', 'first', 'second'])
  })

  it('settles when nothing is left, what was added meanwhile included', async () => {
    const mutex = new KeyedMutex()
    let done = false
    void mutex.run('a', async () => {
      void mutex.run('a', async () => {
        done = true
      })
    })
    assert.equal(mutex.size, 1)
    await mutex.settle()
    assert.ok(done)
    assert.equal(mutex.size, 0)
  })
})

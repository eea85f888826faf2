import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InFlight } from '../../../bot/pictures/in-flight.ts'

/** Work that ends by hand, and notes its signals. */
function handmade() {
  const started: { signal: AbortSignal; end: (result: string) => void }[] = []
  const work = (signal: AbortSignal) => {
    const { promise, resolve } = Promise.withResolvers<string>()
    started.push({ signal, end: resolve })
    return promise
  }
  return { started, work }
}

describe('InFlight', () => {
  it('does the same work once for concurrent askers, and again for later ones', async () => {
    const flights = new InFlight<string>()
    const { started, work } = handmade()
    const both = Promise.all([flights.run('a', work), flights.run('a', work)])
    const other = flights.run('b', work)
    assert.equal(started.length, 2)
    assert.ok(flights.has('a'))
    started[0]!.end('one')
    started[1]!.end('two')
    assert.deepEqual(await both, ['one', 'one'])
    assert.equal(await other, 'two')
    assert.ok(!flights.has('a'))
    void flights.run('a', work)
    assert.equal(started.length, 3)
  })

  it('continues for the others when one no longer waits', async () => {
    const flights = new InFlight<string>()
    const { started, work } = handmade()
    const stop = new AbortController()
    const cancelled = flights.run('a', work, stop.signal)
    const waiting = flights.run('a', work)
    stop.abort(new Error('not needed any more'))
    await assert.rejects(cancelled, /not needed any more/)
    assert.ok(!started[0]!.signal.aborted)
    started[0]!.end('one')
    assert.equal(await waiting, 'one')
    await assert.rejects(flights.run('b', work, stop.signal), /not needed any more/)
    assert.equal(started.length, 1)
  })

  it('ends the work when nobody waits any more', async () => {
    const flights = new InFlight<string>()
    const { started, work } = handmade()
    const stop = new AbortController()
    const cancelled = flights.run('a', work, stop.signal)
    stop.abort()
    await assert.rejects(cancelled)
    assert.ok(started[0]!.signal.aborted)
    assert.ok(!flights.has('a'))
  })

  it('tells an error to all, and tries again for the next', async () => {
    const flights = new InFlight<string>()
    let tries = 0
    const work = async () => {
      tries += 1
      throw new RangeError('broken')
    }
    await Promise.all([
      assert.rejects(flights.run('a', work), /broken/),
      assert.rejects(flights.run('a', work), /broken/),
    ])
    assert.equal(tries, 1)
    await assert.rejects(flights.run('a', work), /broken/)
    assert.equal(tries, 2)
  })

  it('aborts by key, no matter who waits', async () => {
    const flights = new InFlight<string>()
    const { started, work } = handmade()
    const first = flights.run('a', work)
    const other = flights.run('b', work)
    flights.abort((key) => key === 'a', new Error('deleted'))
    await assert.rejects(first, /deleted/)
    assert.ok(started[0]!.signal.aborted)
    const second = flights.run('a', work)
    started[0]!.end('the deleted one')
    started[1]!.end('other')
    started[2]!.end('fresh')
    assert.equal(await second, 'fresh')
    assert.equal(await other, 'other')
  })
})

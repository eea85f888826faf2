import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { JumpClock } from '../../../bench/sandbox-load/jump-clock.ts'

const HOUR_MS = 60 * 60 * 1000

describe('JumpClock', () => {
  it('rings what falls due in a jump in order, also what that sets', () => {
    const clock = new JumpClock()
    const startMs = clock.now()
    const rung: [string, number][] = []
    const note = (name: string) => rung.push([name, Math.round((clock.now() - startMs) / HOUR_MS)])
    clock.after(2 * HOUR_MS, () => note('second'))
    clock.after(HOUR_MS, () => {
      note('first')
      clock.after(2 * HOUR_MS, () => note('third'))
    })
    clock.after(9 * HOUR_MS, () => note('never'))
    const cancel = clock.after(HOUR_MS, () => note('cancelled'))
    cancel()
    clock.jump(4 * HOUR_MS)
    assert.deepEqual(rung, [
      ['first', 1],
      ['second', 2],
      ['third', 3],
    ])
    assert.equal(Math.round((clock.now() - startMs) / HOUR_MS), 4)
  })

  it('runs in real time, and fires the other timers when they are due', async () => {
    const clock = new JumpClock()
    let late = true
    const rung = new Promise<void>((resolve) => {
      clock.after(HOUR_MS + 20, resolve)
    })
    // The clock does not keep the process alive; this does.
    const alive = setTimeout(() => (late = false), 30_000)
    clock.jump(HOUR_MS)
    await rung
    clearTimeout(alive)
    assert.ok(late)
  })
})

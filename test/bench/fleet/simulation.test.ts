import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { rateOf, simulate } from '../../../bench/fleet/simulation.ts'
import { createRandom } from '../../../bench/report/random.ts'

const FLEET = {
  workers: 1,
  places: 1,
  rates: [{ atOnce: 1, perMinute: 60 }],
  speed: 1,
  servers: 1000,
  requests: 4000,
}

function meanWait(perSecond: number, workers = 1): number {
  const served = simulate({ ...FLEET, workers, perSecond }, createRandom(1))
  assert.equal(served.length, FLEET.requests)
  return served.reduce((sum, { waited }) => sum + waited, 0) / served.length
}

describe('simulate', () => {
  it('gives the mean wait of one worker that queueing theory has (Pollaczek-Khinchine)', () => {
    const load = 0.7
    const squares = 1 + 0.8 ** 2 / 12 // of service times, which are uniform in 0.6 to 1.4
    const expected = (load * squares) / (2 * (1 - load))
    const mean = meanWait(load)
    assert.ok(Math.abs(mean - expected) < 0.2 * expected, `${mean}, not ${expected}`)
  })

  it('lets requests wait less at many workers with the same load each', () => {
    assert.ok(meanWait(0.7 * 8, 8) < meanWait(0.7) / 3)
  })
})

describe('rateOf', () => {
  it('goes between the measured rates', () => {
    const rates = [
      { atOnce: 1, perMinute: 60 },
      { atOnce: 3, perMinute: 120 },
    ]
    assert.equal(rateOf({ rates, speed: 1 }, 2), 1.5)
    assert.equal(rateOf({ rates, speed: 2 }, 9), 4)
  })
})

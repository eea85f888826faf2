import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  capacityPage,
  type CapacityResults,
  serversOf,
} from '../../../bench/full-size/capacity-page.ts'

const AT = { date: '2026-01-02T03:04:05.000Z', machine: 'A machine' }
const thread = { p50Ms: 1000, p99Ms: 1500, tokensPerSecond: 20 }
const overhead = { thread, queue: { p50Ms: 1010, p99Ms: 1600, tokensPerSecond: 10 } }
const RESULTS: CapacityResults = {
  throughput: {
    ...AT,
    precision: 'int4',
    loads: [
      { people: 1, pictures: { descriptionsPerMinute: 5 } },
      { people: 8, pictures: { descriptionsPerMinute: 10 } },
    ],
  },
  queue: { ...AT, model: 'large', overhead },
  fleet: {
    ...AT,
    overhead,
    simulated: [
      { workers: 2, servers: 1782, speed: 1, waitP50S: 0, waitP99S: 0.17, p50S: 3.57, p99S: 10.11 },
    ],
  },
  chaos: {
    ...AT,
    interactions: 3000,
    rate: 5,
    trouble: { kills: 95, restarts: 2 },
    accepted: 3000,
    answered: 2999,
    told: 1,
    doubled: 0,
  },
}

describe('serversOf', () => {
  it('is the used share of the rate, over the busiest minute of a server', () => {
    // 144 a day and 2 times the mean are 0.2 a minute.
    assert.equal(serversOf(10, { perDay: 144, peak: 2, use: 0.5 }), 25)
  })
})

describe('capacityPage', () => {
  // Cells are padded to the width of their column.
  const page = capacityPage(RESULTS, { perDay: 144, peak: 2, use: 0.5 }).replaceAll(/ {2,}/g, ' ')

  it('counts machines with the model in the bot, and with what a queue keeps of it', () => {
    assert.match(page, /\| servers for each machine \| 25 \| 12 \|/)
    assert.match(page, /\| machines for 1,000 servers \| 40 \| 84 \|/)
    assert.match(
      page,
      /\| large \| 1000 → 1010 ms \| 1500 → 1600 ms \| 20\.0 → 10\.0 \| 50\.0 % \|/,
    )
  })

  it('states what was assumed, measured where and when, simulated, and seen in trouble', () => {
    assert.match(page, /144 descriptions .* 2 times the mean, and 50\.0 %/)
    assert.match(page, /A machine, 2026-01-02/)
    assert.match(page, /\| 2 \| 1,782 \| 1\.0 × \| 0\.0 s \| 0\.2 s \| 3\.6 s \| 10\.1 s \|/)
    assert.match(
      page,
      /of 3,000 commands 3,000 were acknowledged in time, 2,999 answered, 1 told why not/,
    )
  })
})

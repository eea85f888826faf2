/** The statistics of a rule, against numbers calculated by hand. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  hasEarned,
  histogramOf,
  type Reviewed,
  suggestedThreshold,
  tallyAt,
  wilson,
} from '../../../../bot/moderation/rules/rule-statistics.ts'

const hits = (count: number, score: number, right = true): Reviewed[] =>
  Array.from({ length: count }, () => ({ score, right }))

const at = (threshold: number, precision: number) => ({ threshold, precision })

describe('wilson', () => {
  it('gives the interval of a share', () => {
    // Brown, Cai, DasGupta, "Interval Estimation for a Binomial Proportion", 2001, formula (4).
    const all = wilson(20, 20)
    assert.ok(all && Math.abs(all.low - 0.8389) < 5e-4 && all.high === 1 && all.share === 1)
    const half = wilson(5, 10)
    assert.ok(half && Math.abs(half.low - 0.2366) < 5e-4 && Math.abs(half.high - 0.7634) < 5e-4)
    const none = wilson(0, 10)
    assert.ok(none && none.low === 0 && Math.abs(none.high - 0.2775) < 5e-4)
  })

  it('is null without cases', () => {
    assert.equal(wilson(0, 0), null)
  })
})

describe('hasEarned', () => {
  const rule = { threshold: 0.8, precision: 0.95 }

  it('needs twenty reviewed hits at the threshold', () => {
    assert.equal(hasEarned(rule, hits(19, 0.9)), false)
    assert.equal(hasEarned(rule, hits(20, 0.9)), true)
    assert.equal(hasEarned(rule, [...hits(19, 0.9), ...hits(30, 0.7)]), false)
  })

  it('needs the precision that the server set', () => {
    assert.equal(hasEarned(rule, [...hits(19, 0.9), ...hits(1, 0.85, false)]), true)
    assert.equal(hasEarned(rule, [...hits(18, 0.9), ...hits(2, 0.85, false)]), false)
    assert.equal(
      hasEarned(rule, [...hits(20, 0.9), ...hits(9, 0.7, false)]),
      true,
      'what is below the threshold counts for nothing',
    )
  })
})

describe('tallyAt', () => {
  it('counts the hits at or above the threshold', () => {
    const reviewed = [...hits(2, 0.9), ...hits(1, 0.8, false), ...hits(4, 0.79)]
    assert.deepEqual(tallyAt(reviewed, 0.8), { right: 2, all: 3 })
  })
})

describe('suggestedThreshold', () => {
  it('is where the wrong hits begin', () => {
    const reviewed = [...hits(25, 0.9), ...hits(20, 0.5, false)]
    assert.equal(suggestedThreshold(reviewed, at(0.3, 0.95)), 0.7)
  })

  it('is as low as the precision allows, below a wrong hit too', () => {
    const reviewed = [...hits(10, 1), ...hits(1, 0.75, false), ...hits(30, 0.5)]
    assert.equal(suggestedThreshold(reviewed, at(0.5, 0.95)), 0.5)
    assert.equal(suggestedThreshold(reviewed, at(0.5, 1)), null, 'ten are too few to say')
    assert.equal(suggestedThreshold(reviewed, at(0.5, 1), 10), 0.875)
  })

  it('is the current threshold while no hit was wrong, or below it the lowest reviewed hit', () => {
    assert.equal(suggestedThreshold(hits(20, 0.99), at(0.4, 0.95)), 0.4)
    assert.equal(suggestedThreshold(hits(20, 0.6), at(0.8, 0.95)), 0.6)
  })

  it('does not separate equal scores', () => {
    const reviewed = [...hits(20, 0.9), ...hits(20, 0.9, false)]
    assert.equal(suggestedThreshold(reviewed, at(0.5, 0.95)), null)
  })

  it('is null with too few reviewed hits', () => {
    assert.equal(suggestedThreshold([], at(0.5, 0.9)), null)
    assert.equal(suggestedThreshold(hits(19, 0.9), at(0.5, 0.9)), null)
  })
})

describe('histogramOf', () => {
  it('counts points by tenths of the scale', () => {
    const bins = histogramOf([...hits(2, 7), ...hits(1, 19, false), ...hits(1, 25)], 20)
    assert.deepEqual(bins[3], { right: 2, wrong: 0 })
    assert.deepEqual(bins[9], { right: 1, wrong: 1 })
  })

  it('puts a score of 1 into the last tenth', () => {
    const bins = histogramOf([...hits(2, 1), ...hits(1, 0.9, false), ...hits(1, 0.05)])
    assert.deepEqual(bins[9], { right: 2, wrong: 1 })
    assert.deepEqual(bins[0], { right: 1, wrong: 0 })
    assert.equal(bins.length, 10)
  })
})

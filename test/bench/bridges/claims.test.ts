import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { claimsOf } from '../../../bench/bridges/claims.ts'
import type { Cost } from '../../../bench/bridges/costs.ts'
import { compare, readRows } from '../../../bench/bridges/rows.ts'
import { spread } from '../../../bench/report/compare.ts'
import { makeRow, OTHER_ENDS } from './made-rows.ts'

describe('claimsOf', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'rows-'))
    makeRow(folder, 'qformer-1', {}, { all: 0.6, right: 0 })
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const verdicts = (costs: readonly Cost[] | null = null) =>
    claimsOf(compare(readRows([folder])), costs).map(({ verdict }) => verdict)
  const projector = (name: string, adapted: boolean, all: number) =>
    makeRow(folder, name, { kind: 'projector', adapted }, { all, right: 0 })

  it('measured nothing without the rows', () => {
    assert.deepEqual(new Set(verdicts()), new Set(['not measured']))
    assert.equal(verdicts().length, 11)
  })

  it('calls adapting a help where every seed gains, and the mean two points', () => {
    projector('frozen-1', false, 0.5)
    projector('adapted-1', true, 0.519)
    assert.equal(verdicts()[0], 'did not hold')
    projector('adapted-1', true, 0.521)
    assert.equal(verdicts()[0], 'held')
    projector('frozen-2', false, 0.523)
    projector('adapted-2', true, 0.9)
    assert.equal(verdicts()[0], 'did not hold')
  })

  it('judges costs by ranges that do not meet', () => {
    const qformer = cost('qformer', 42, [5, 6, 7], 2)
    const other = cost('projector', 206, [8, 9], 2)
    const gated = cost('cross-attention', 10, [6, 6.5], 3)
    assert.deepEqual(verdicts([qformer, other, gated]).slice(1, 5), [
      'held',
      'did not hold', // prefill of 6 to 6.5 lies within 5 to 7
      'did not hold',
      'held',
    ])
    const slow = { ...qformer, prefill: spread([8.5]), token: spread([3]) }
    const again = { ...gated, again: spread([0.6]) }
    assert.deepEqual(verdicts([slow, { ...other, token: spread([3]) }, again]).slice(1, 5), [
      'did not hold',
      'held',
      'held',
      'did not hold',
    ])
    assert.equal(verdicts([qformer, other])[1], 'not measured')
  })

  it('judges a swap by what is lost against a whole Q-Former', () => {
    const swapped = (learns: string, all: number) =>
      makeRow(
        folder,
        learns,
        { swap: { end: 'language', other: 'run', learns, base: OTHER_ENDS } },
        { all, right: 0 },
      )
    makeRow(folder, 'weaker', { ends: OTHER_ENDS }, { all: 0.4, right: 0 })
    // That the main ends are those with more kinds of bridge.
    projector('frozen-1', false, 0.5)
    swapped('nothing', 0.39)
    swapped('projection', 0.59)
    assert.deepEqual(verdicts().slice(8), ['held', 'held', 'held'])
    swapped('nothing', 0.37)
    swapped('bridge', 0.62)
    assert.deepEqual(verdicts().slice(8), ['did not hold', 'did not hold', 'held'])
    swapped('projection', 0.41)
    const claims = claimsOf(compare(readRows([folder])), null)
    assert.deepEqual(verdicts().slice(5), [
      ...Array.from({ length: 3 }, () => 'not measured'),
      'did not hold',
      'did not hold',
      'did not hold',
    ])
    assert.equal(
      claims[10]!.numbers,
      'before the swap: 40.0 %; after it, nothing trained: 37.0 %; only what meets the new end: 41.0 %; ' +
        'the whole Q-Former: 62.0 %; a Q-Former trained from the beginning: 60.0 %',
    )
  })
})

function cost(
  bridge: Cost['bridge'],
  positions: number,
  prefill: readonly number[],
  token: number,
): Cost {
  return {
    bridge,
    positions,
    vision: spread([50]),
    once: spread([5]),
    prefill: spread(prefill),
    token: spread([token]),
    followUp: spread([4]),
    again: spread([bridge === 'cross-attention' ? 0.5 : 9]),
    pictureBytes: 1,
    conversationBytes: 1,
    packageBytes: 1,
    openBytes: 1,
    peakBytes: 1,
  }
}

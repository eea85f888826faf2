import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  operatorRows,
  type ProfileEvent,
  runsOf,
  together,
} from '../../../bench/report/operator-times.ts'

const run = (ts: number, dur: number): ProfileEvent => ({
  cat: 'Session',
  name: 'model_run',
  ts,
  dur,
})
const node = (op_name: string, ts: number, dur: number): ProfileEvent => ({
  cat: 'Node',
  name: `node_${ts}_kernel_time`,
  ts,
  dur,
  args: { op_name },
})

/** Written as the profiler does: a run behind its operators. */
const EVENTS: readonly ProfileEvent[] = [
  { cat: 'Session', name: 'session_initialization', ts: 0, dur: 900 },
  node('Add', 1010, 100),
  node('MatMul', 1120, 700),
  node('Add', 1900, 50),
  run(1000, 1000),
  node('MatMul', 3000, 500),
  { cat: 'Node', name: 'node_3001_fence_before', ts: 3001, dur: 7, args: { op_name: 'MatMul' } },
  { cat: 'Session', name: 'SequentialExecutor::Execute', ts: 2990, dur: 600 },
  run(2980, 620),
]

describe('runsOf', () => {
  it('gives each run its own operators, by kind', () => {
    assert.deepEqual(runsOf(EVENTS), [
      {
        ms: 1,
        operators: [
          { operator: 'Add', ms: 0.1 + 0.05, calls: 2 },
          { operator: 'MatMul', ms: 0.7, calls: 1 },
        ],
      },
      { ms: 0.62, operators: [{ operator: 'MatMul', ms: 0.5, calls: 1 }] },
    ])
  })
})

describe('together', () => {
  it('divides the sum of several runs, the longest kind first', () => {
    const { ms, operators } = together(runsOf(EVENTS), 2)
    assert.equal(ms, 0.81)
    assert.deepEqual(
      operators.map(({ operator, calls }) => [operator, calls]),
      [
        ['MatMul', 1],
        ['Add', 1],
      ],
    )
    assert.equal(operators[0]!.ms, 0.6)
  })
})

describe('operatorRows', () => {
  it('puts the rest in one row, and what no operator took in another', () => {
    const part = {
      ms: 200,
      operators: [
        { operator: 'MatMul', ms: 120, calls: 30 },
        { operator: 'Add', ms: 9.5, calls: 60 },
        { operator: 'Mul', ms: 0.5, calls: 60 },
      ],
    }
    assert.deepEqual(operatorRows('a step', part, 1), [
      ['a step', 'ms', 'share', 'calls'],
      ['MatMul', '120', '60 %', '30'],
      ['2 other kinds', '10', '5 %', ''],
      ['between operators', '70', '35 %', ''],
      ['in all', '200', '100 %', ''],
    ])
  })
})

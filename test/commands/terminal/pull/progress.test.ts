import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  createProgress,
  formatBytes,
  formatDuration,
} from '../../../../commands/terminal/pull/progress.ts'

function start(isTTY: boolean, columns = 80) {
  const written: string[] = []
  const clock = { ms: 0 }
  const output = { isTTY, columns, write: (text: string) => written.push(text) }
  return { written, clock, progress: createProgress(output, () => clock.ms) }
}

describe('createProgress', () => {
  it('draws a bar with rate and time left on a terminal', () => {
    const { written, clock, progress } = start(true)
    progress.update({ label: 'Downloading', done: 0, total: 100e6 })
    clock.ms = 1000
    progress.update({ label: 'Downloading', done: 25e6, total: 100e6 })
    assert.equal(
      written.at(-1),
      '\r\u001B[KDownloading [####...............] 25%  25.0 MB of 100.0 MB  25.0 MB/s  3 s left',
    )
  })

  it('cuts the line to the terminal, draws ten times a second at most and clears at the end', () => {
    const { written, clock, progress } = start(true, 40)
    for (clock.ms = 0; clock.ms < 1000; clock.ms += 10) {
      progress.update({ label: 'Downloading', done: clock.ms, total: 5000 })
    }
    assert.equal(written.length, 10)
    assert.ok(written.every((line) => line.length <= 39 + '\r\u001B[K'.length))
    assert.match(written[0] ?? '', /Downloading \[\.{7}\] 0% {2}0 B of 5\.0 kB$/)
    progress.finish()
    assert.equal(written.at(-1), '\r\u001B[K')
  })

  it('writes a plain line now and then elsewhere, and one when finished', () => {
    const { written, clock, progress } = start(false)
    for (clock.ms = 0; clock.ms <= 25_000; clock.ms += 100) {
      progress.update({ label: 'Downloading', done: clock.ms * 1000, total: 25e6 })
    }
    assert.deepEqual(written, [
      'Downloading 0%  0 B of 25.0 MB\n',
      'Downloading 40%  10.0 MB of 25.0 MB  1.0 MB/s  15 s left\n',
      'Downloading 80%  20.0 MB of 25.0 MB  1.0 MB/s  5 s left\n',
      'Downloading 100%  25.0 MB of 25.0 MB  1.0 MB/s\n',
    ])
  })

  it('takes the rate over the last seconds, not over bytes that were there before', () => {
    const { written, clock, progress } = start(false)
    progress.update({ label: 'Downloading', done: 500e6, total: 600e6 })
    clock.ms = 10_000
    progress.update({ label: 'Downloading', done: 510e6, total: 600e6 })
    assert.match(written.at(-1) ?? '', /1\.0 MB\/s {2}1 min 30 s left/)
  })

  it('lets a note through without breaking the bar', () => {
    const { written, progress } = start(true)
    progress.update({ label: 'Downloading', done: 1, total: 2 })
    progress.note('The connection broke.')
    assert.deepEqual(written.slice(1), ['\r\u001B[K', 'The connection broke.\n'])
  })
})

describe('formatBytes', () => {
  it('counts in thousands', () => {
    assert.deepEqual([0, 999, 1000, 999_960, 15.1e9, 2e15].map(formatBytes), [
      '0 B',
      '999 B',
      '1.0 kB',
      '1.0 MB',
      '15.1 GB',
      '2000.0 TB',
    ])
  })
})

describe('formatDuration', () => {
  it('uses the two units that matter', () => {
    assert.deepEqual([0.2, 59, 60, 200, 7500].map(formatDuration), [
      '1 s',
      '59 s',
      '1 min 00 s',
      '3 min 20 s',
      '2 h 05 min',
    ])
  })
})

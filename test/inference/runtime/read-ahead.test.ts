import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { findModel } from '../../../config/models.ts'
import { readAhead } from '../../../inference/runtime/read-ahead.ts'
import { weightRanges } from '../../../inference/onnx/weight-ranges.ts'

const GRAPHS = ['vision.onnx', 'qformer.onnx', 'decoder.onnx']

/** Bytes that this process has asked the system to read so far (Linux). */
function bytesRead(): number {
  return Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
}

describe(
  'readAhead',
  { skip: process.platform !== 'linux' && 'counts reads as Linux does' },
  () => {
    it('reads of every weight, whether it was in memory or not', async () => {
      const graphs = GRAPHS.map((file) => path.join(findModel('demo'), file))
      const least = graphs.flatMap(weightRanges).map(({ length }) => Math.min(length, 2 ** 16))
      const weights = least.reduce((sum, length) => sum + length, 0)
      const own = 10 ** 6 // more than the thread's own modules
      assert.ok(weights > 2 * own, `${weights} bytes`)
      const before = bytesRead()
      await readAhead(graphs)
      assert.ok(bytesRead() - before >= weights)
    })

    it('leaves what cannot be read to be told by the session', async () => {
      await readAhead(['/nowhere/decoder.onnx'])
    })
  },
)

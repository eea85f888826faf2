/** The thread that reads the weights of graphs, so that the system has them in its memory. */

import { closeSync, openSync, readSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { type Range, weightRanges } from '../onnx/weight-ranges.ts'

const CHUNK_BYTES = 2 ** 20
/** What is read of a matrix to see whether it was in memory already: little, as mostly it was. */
const PROBE_BYTES = 2 ** 16
/** No disk gives as much so fast. */
const CACHED_MS = 0.1

const chunk = new Uint8Array(CHUNK_BYTES)
const graphs: readonly string[] = workerData
for (const graph of graphs) {
  const file = openSync(`${graph}.data`, 'r')
  for (const range of weightRanges(graph)) {
    readRange(file, range)
  }
  closeSync(file)
}

function readRange(file: number, { offset, length }: Range): void {
  const start = performance.now()
  readSync(file, chunk, 0, Math.min(PROBE_BYTES, length), offset)
  if (performance.now() - start < CACHED_MS) {
    return
  }
  for (let at = PROBE_BYTES; at < length; at += CHUNK_BYTES) {
    readSync(file, chunk, 0, Math.min(CHUNK_BYTES, length - at), offset + at)
  }
}

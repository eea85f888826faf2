/** The thread that reads the weights of graphs into the operating system's page cache. */

import { closeSync, openSync, readSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { type Range, weightRanges } from '../onnx/weight-ranges.ts'

/** Bytes read at once. */
const CHUNK_BYTES = 2 ** 20
/** Bytes of a matrix that are read to test whether it is cached; small, since it usually is. */
const PROBE_BYTES = 2 ** 16
/** No disk reads PROBE_BYTES this fast, in milliseconds. */
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

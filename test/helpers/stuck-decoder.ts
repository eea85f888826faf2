/**
 * A decoding process that does what the first byte of a file says: 0 never answers, 1 crashes, 2
 * answers with something else; any other is the brightness of the answer.
 */

import type { DecodingRequest } from '../../inference/image/decoding/job.ts'

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
process.on('message', ({ bytes, job }: DecodingRequest) => {
  const [kind] = bytes
  if (kind === 0) {
    for (;;) {} // as native code: it hears nothing
  } else if (kind === 1) {
    process.abort()
  } else if (kind === 2) {
    process.send?.({ type: 'done', result: 'a text' })
  } else {
    const length = job.kind === 'brightness' ? job.side ** 2 : 1
    const result = new Uint8Array(length).fill(bytes[0]!)
    process.send?.({ type: 'done', result, memory: process.memoryUsage.rss() })
  }
})

/**
 * The real inference thread, but it dies at certain prompts: `exit` ends the thread, `throw` throws
 * an uncaught error. Before it deletes the picture `garbled`, it sends a message that is not part of
 * the protocol.
 */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { ThreadData, ToThread } from '../../inference/backends/protocol.ts'
import { serve } from '../../inference/backends/thread-entry.ts'

if (parentPort) {
  const data: ThreadData = workerData
  const port: MessagePort = parentPort
  port.on('message', (message: ToThread) => {
    if (message.type === 'request' && message.request.kind === 'score') {
      if (JSON.stringify(message.request.prompt).includes('"exit"')) {
        process.exit(7)
      }
      throw new Error('thrown on purpose')
    }
    if (message.type === 'forget' && message.keys.includes('garbled')) {
      port.postMessage({ type: 'garbled' })
    }
  })
  await serve(port, data)
}

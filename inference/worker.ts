/**
 * The inference thread: the only place where ONNX Runtime runs. Started by inference-thread.ts.
 *
 * It reads messages between two runs only, and never ends during one: that would abort the process.
 */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { type Engine, openEngine } from './engine/engine.ts'
import { JobQueue } from './engine/queue.ts'
import type { EngineResult } from './engine/requests.ts'
import { type FromThread, type ThreadData, toPlainError, type ToThread } from './messages.ts'
import type { Step } from './types.ts'

/** Opens the model and answers requests until told to close. */
export async function serve(port: MessagePort, data: ThreadData): Promise<void> {
  const post = (message: FromThread) => {
    port.postMessage(message)
  }
  let engine: Engine
  try {
    engine = await openEngine(data.folder, data.options)
  } catch (error) {
    post({ type: 'unusable', error: toPlainError(error) })
    return
  }
  const queue = new JobQueue<Step | undefined, EngineResult>()
  const close = async () => {
    await queue.drain()
    await engine.close()
    post({ type: 'closed' })
    port.close()
  }
  port.on('message', (message: ToThread) => {
    if (message.type === 'request') {
      const { id, request } = message
      queue.add({
        id,
        start: (check) => engine.start(request, check),
        progress: (step) => step && post({ type: 'step', id, step }),
        done: (result) => post({ type: 'result', id, result }),
        failed: (error) => post({ type: 'error', id, error: toPlainError(error) }),
      })
    } else if (message.type === 'cancel') {
      queue.cancel(message.id)
    } else {
      void close()
    }
  })
  post({ type: 'ready', card: engine.card })
}

if (parentPort) {
  const data: ThreadData = workerData
  await serve(parentPort, data)
}

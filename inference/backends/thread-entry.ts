/**
 * The inference thread: the only place where ONNX Runtime runs. Started by thread.ts.
 *
 * It reads messages between two runs only, and never ends during one: that would abort the process.
 */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { toPlainError } from '../../config/plain-error.ts'
import { z } from 'zod'
import { type Engine, openEngine } from '../engine/engine.ts'
import { endThread } from '../runtime/end-thread.ts'
import { type FromThread, type ThreadData, type ToThread, toThreadSchema } from './protocol.ts'

const requestId = z.object({ id: z.int() })

/** Opens the model and answers requests until told to close. */
export async function serve(port: MessagePort, data: ThreadData): Promise<void> {
  const post = (message: FromThread) => port.postMessage(message)
  let engine: Engine
  try {
    engine = await openEngine(data.folder, data.options)
  } catch (error) {
    post({ type: 'unusable', error: toPlainError(error) })
    return
  }
  const postStats = () => post({ type: 'stats', stats: engine.stats() })
  const close = async () => {
    await engine.close()
    post({ type: 'closed' })
    port.close()
  }
  const forget = async ({ id, keys }: Extract<ToThread, { readonly type: 'forget' }>) => {
    await engine.forget(keys)
    postStats()
    post({ type: 'forgotten', id })
  }
  port.on('message', (received: unknown) => {
    const { data: message, error: unexpected } = toThreadSchema.safeParse(received)
    if (unexpected) {
      const { id } = requestId.parse(received)
      const error = new TypeError(`unexpected request: ${unexpected.message}`)
      post({ type: 'error', id, error: toPlainError(error) })
    } else if (message.type === 'request') {
      const { id, request, claim, cacheable, steps } = message
      engine.add({
        id,
        request,
        claim,
        cacheable,
        step: steps ? (step) => post({ type: 'step', id, step }) : null,
        position: (ahead) => post({ type: 'position', id, ahead }),
        done: (result) => {
          postStats()
          post({ type: 'result', id, result })
        },
        missing: (keys) => post({ type: 'missing', id, keys }),
        failed: (error) => {
          postStats()
          post({ type: 'error', id, error: toPlainError(error) })
        },
      })
      postStats()
    } else if (message.type === 'cancel') {
      engine.cancel(message.id)
    } else if (message.type === 'forget') {
      forget(message).catch(endThread)
    } else if (message.type === 'close') {
      close().catch(endThread)
    } else {
      shareFeatures(engine, message, post)
    }
  })
  postStats() // known by the time the model is
  post({ type: 'ready', card: engine.card })
}

/** Gives and takes what was computed of pictures. */
function shareFeatures(
  engine: Engine,
  message: Extract<ToThread, { readonly type: 'cached' | 'take' }>,
  post: (message: FromThread) => void,
): void {
  if (message.type === 'take') {
    engine.images.take(message.entries)
  } else {
    post({ type: 'cached', id: message.id, entries: engine.images.cached(message.keys) })
  }
}

if (parentPort) {
  const data: ThreadData = workerData
  await serve(parentPort, data)
}

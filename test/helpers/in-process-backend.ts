/** A backend without a thread: the engine in the calling thread, to compare with the real backend. */

import type { InferenceBackend } from '../../inference/backends/backend.ts'
import { resultSchemas } from '../../inference/backends/protocol.ts'
import { openEngine } from '../../inference/engine/engine.ts'
import type { EngineOptions } from '../../inference/contract/options.ts'

export async function inProcessBackend(
  folder: string,
  options: EngineOptions,
): Promise<InferenceBackend> {
  const engine = await openEngine(folder, options)
  let lastId = 0
  return {
    card: engine.card,
    submit: (kind, request, { claim, cacheable, signal, onStep, onPosition }) =>
      new Promise((resolve, reject) => {
        const id = ++lastId
        signal?.addEventListener('abort', () => engine.cancel(id), { once: true })
        engine.add({
          id,
          request,
          cacheable,
          claim,
          step: onStep ?? null,
          position: (ahead) => onPosition?.(ahead),
          done: (result) => resolve({ kind: 'done', result: resultSchemas[kind].parse(result) }),
          failed: (error) => reject(signal?.aborted ? signal.reason : error),
          missing: (keys) => resolve({ kind: 'missing', keys }),
        })
      }),
    forget: (keys) => engine.forget(keys),
    stats: () => engine.stats(),
    close: () => engine.close(),
  }
}

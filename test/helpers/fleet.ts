/** Bots' models and hosts on a queue, in the process of a test. */

import { pino } from 'pino'
import { Host, type HostOptions } from '../../bot/queue/host/host.ts'
import { openQueue, openQueueModel } from '../../bot/queue/open.ts'
import type { Call, InferenceBackend } from '../../inference/backends/backend.ts'
import type { EngineRequest } from '../../inference/contract/requests.ts'
import type { Task } from '../../inference/families/common/card-base.ts'
import { resultSchemas } from '../../inference/backends/protocol.ts'
import type { Answer, Model } from '../../inference/contract/types.ts'

export const FLEET_KEY = new Uint8Array(32).fill(7)

const log = pino({ level: 'silent' })

/** @param backend stays open. */
export async function startHost(
  url: string,
  backend: InferenceBackend,
  options: Partial<HostOptions> & { readonly keys?: readonly Uint8Array[] } = {},
): Promise<{ readonly host: Host; stop(limitMs?: number): Promise<void> }> {
  const queue = await openQueue({ url, keys: options.keys ?? [FLEET_KEY], log })
  try {
    const { card } = backend
    const tasks: readonly Task[] = card.tasks
    const host = await Host.start({
      queue,
      model: { backend, matching: tasks.includes('match') ? { card, backend } : null },
      sequences: 2,
      log,
      onFatal: (reason) => {
        throw new Error(`a host ended: ${reason}`)
      },
      ...options,
    })
    const stop = async (limitMs = 1000) => {
      await host.stop(limitMs)
      await queue.connection.close()
    }
    return { host, stop }
  } catch (error) {
    await queue.connection.close()
    throw error
  }
}

/** A model as a bot has it, to be closed. */
export function openFromQueue(
  url: string,
  keys: readonly Uint8Array[] = [FLEET_KEY],
  options: Parameters<typeof openQueueModel>[1] = {},
): Promise<Model> {
  return openQueueModel({ url, keys, log }, options)
}

/** A request that a test answers by hand. */
export type Held = {
  readonly request: EngineRequest
  readonly call: Call
  /** Resolved with a result of the request's kind. */
  readonly answer: Pick<PromiseWithResolvers<Answer>, 'resolve' | 'reject'>
}

/** A backend whose requests wait for the test, which sees them as they come. */
export function heldBackend(open: InferenceBackend): {
  readonly backend: InferenceBackend
  readonly held: Held[]
} {
  const held: Held[] = []
  const backend: InferenceBackend = {
    card: open.card,
    async submit(kind, request, call) {
      call.signal?.throwIfAborted()
      const answer = Promise.withResolvers<Answer>()
      call.signal?.addEventListener('abort', () => answer.reject(call.signal?.reason))
      held.push({ request, call, answer })
      return { kind: 'done', result: resultSchemas[kind].parse(await answer.promise) }
    },
    forget: (keys) => open.forget(keys),
    stats: () => open.stats(),
    close: () => Promise.resolve(),
  }
  return { backend, held }
}

/** An answer as the engine gives it. */
export function plainAnswer(text: string): Answer {
  return {
    text,
    tokenIds: [1, 2],
    finish: 'stop',
    reused: 0,
    promptTokens: 5,
    judgment: { distance: null, confidence: null, verdict: 'inside' },
    timings: {
      preprocessMs: 1,
      visionMs: 1,
      bridgeMs: 1,
      prefillMs: 1,
      decodeMs: 1,
      tokens: 2,
    },
  }
}

/** Waits until a condition holds. */
export async function until(condition: () => boolean | Promise<boolean>, ms = 10_000) {
  const end = Date.now() + ms
  while (!(await condition())) {
    if (Date.now() > end) {
      throw new Error('waited too long')
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** One request at a host: opened, carried out by the model, and answered to its bot. */

import { type Job, WaitingError } from 'bullmq'
import { setTimeout as delay } from 'node:timers/promises'
import { InputError } from '../../../config/errors.ts'
import { toPlainError } from '../../../config/plain-error.ts'
import { WorkerCrashError } from '../../../inference/contract/errors.ts'
import type {
  Call,
  InferenceBackend,
  Outcome,
  RequestKind,
  RequestOf,
} from '../../../inference/backends/backend.ts'
import { type EngineRequest, imagesOf } from '../../../inference/contract/requests.ts'
import type { OpenBackends } from '../../../inference/model.ts'
import type { SealedQueue } from '../hosts.ts'
import { answersKey, requestKey } from '../keys.ts'
import {
  type AnswerMessage,
  pack,
  type QueuedRequest,
  queuedRequestSchema,
  unpack,
  withFiles,
} from '../messages/messages.ts'
import type { SharedFeatures } from '../shared-features.ts'
import { StepBatches } from './step-batches.ts'

/** The request is to go to another host: this one stops. */
export class HandedBackError extends Error {
  override name = 'HandedBackError' as const
}
/** Nobody waits for the answer any more. */
export class EndedError extends Error {
  override name = 'EndedError' as const
}

/** How often an answer is sent, at most: again where the connection broke. */
const SEND_ATTEMPTS = 20
const RETRY_MS = 500

export type HostJobDeps = {
  readonly queue: SealedQueue
  readonly model: OpenBackends
  readonly shared: SharedFeatures
  /** Called with each sign that the model works. */
  readonly alive: () => void
}

/**
 * Carries out a request.
 *
 * @param work aborted with HandedBackError or EndedError; here too, where its bot has ended.
 * @throws {WaitingError} after it was handed back; what BullMQ tries again.
 */
export async function carryOut(
  deps: HostJobDeps,
  job: Job,
  token: string,
  work: AbortController,
): Promise<void> {
  const id = job.id ?? ''
  const received = await receive(deps.queue, id)
  if (received === null) {
    return // its bot has ended it, or its deadline has passed
  }
  const { value: queued, files, remainingMs } = received
  const send = async (message: AnswerMessage) => {
    if (!(await sendAnswer(deps.queue, queued.bot, message))) {
      work.abort(new EndedError('its bot has ended'))
    }
  }
  const steps = new StepBatches((from, batch) => send({ type: 'steps', id, from, steps: batch }))
  const call: Call = {
    claim: { ...queued.claim, deadline: Date.now() + remainingMs },
    cacheable: queued.cacheable,
    signal: work.signal,
    onStep: (step) => {
      deps.alive()
      if (queued.steps) {
        steps.add(step)
      }
    },
  }
  try {
    const message = await answerOf(deps, id, { queued, files, call })
    await steps.close()
    await send(message)
  } catch (error) {
    await steps.close()
    if (error instanceof HandedBackError) {
      return handBack(job, token)
    }
    if (error instanceof EndedError) {
      return
    }
    if (error instanceof WorkerCrashError && job.attemptsMade === 0) {
      throw error // once more, here or at another host
    }
    await send({ type: 'error', id, error: toPlainError(error) })
  } finally {
    deps.alive()
  }
}

/** Gives a request to the other hosts. @throws {WaitingError} which tells BullMQ. */
export async function handBack(job: Job, token: string): Promise<never> {
  await job.moveToWait(token)
  throw new WaitingError()
}

/** @returns null if the request is not there any more. */
async function receive({ connection, sealer }: SealedQueue, id: string) {
  const key = requestKey(id)
  const [sealed, ttl] = await Promise.all([connection.get(key), connection.command('PTTL', key)])
  if (sealed === null) {
    return null
  }
  const { value, files } = unpack(sealer.open(sealed, key), queuedRequestSchema)
  return { value, files, remainingMs: Math.max(1, Number(ttl)) }
}

async function answerOf(
  { model: { backend, matching }, shared }: HostJobDeps,
  id: string,
  { queued, files, call }: { queued: QueuedRequest; files: Uint8Array; call: Call },
): Promise<AnswerMessage> {
  const { request } = queued
  const place = placeOf(request.kind, backend, matching?.backend)
  const keys =
    place === backend && request.kind !== 'read' ? imagesOf(request).map(({ key }) => key) : []
  await shared.load(keys)
  const outcome = await submit(place, requestOf(queued, files), call)
  shared.store(keys)
  return outcome.kind === 'missing'
    ? { type: 'missing', id, keys: outcome.keys }
    : { type: 'result', id, result: outcome.result }
}

/** Where requests of a kind run; as `createModel` sends them. */
function placeOf(
  kind: RequestKind,
  backend: InferenceBackend,
  matching: InferenceBackend = backend,
): InferenceBackend {
  return kind === 'match' || kind === 'embed' || kind === 'embed-text' ? matching : backend
}

function submit(
  backend: InferenceBackend,
  request: EngineRequest,
  call: Call,
): Promise<Outcome<RequestKind>> {
  const typed: RequestOf<RequestKind> = request
  return backend.submit(typed.kind, typed, call)
}

/** The request with the files of its pictures: copies, which move to the model's thread. */
function requestOf({ request, files: list }: QueuedRequest, files: Uint8Array): EngineRequest {
  const byKey = new Map<string, Uint8Array>()
  let start = 0
  for (const { key, bytes } of list) {
    byKey.set(key, files.subarray(start, start + bytes))
    start += bytes
  }
  return withFiles(request, ({ key }) => {
    const file = byKey.get(key)
    return file === undefined ? null : new Uint8Array(file)
  })
}

/** @returns whether the bot is there. @throws if Redis does not come back. */
async function sendAnswer(
  { connection, sealer }: SealedQueue,
  bot: string,
  message: AnswerMessage,
): Promise<boolean> {
  const key = answersKey(bot)
  const sealed = sealer.seal(pack(message), key)
  for (let attempt = 1; ; attempt += 1) {
    try {
      return (await connection.command('XADD', key, 'NOMKSTREAM', '*', 'm', sealed)) !== null
    } catch (error) {
      if (attempt === SEND_ATTEMPTS || error instanceof InputError) {
        throw error
      }
      await delay(RETRY_MS)
    }
  }
}

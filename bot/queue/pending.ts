/** A request that a bot has sent to the hosts, until it is answered. */

import { fromPlainError } from '../../config/plain-error.ts'
import { resultSchemas } from '../../inference/backends/protocol.ts'
import type { Call, Outcome, RequestKind } from '../../inference/backends/backend.ts'
import { type QueueName, QUEUE_OF } from './keys.ts'
import type { AnswerMessage } from './messages/messages.ts'

type Step = Parameters<NonNullable<Call['onStep']>>[0]

export type Pending = {
  readonly id: string
  readonly queue: QueueName
  readonly call: Call
  /** The sealed request, in case that Redis loses it. */
  readonly sealed: Buffer
  /** Whether a host has answered it, so that there is nothing left to end. */
  isAnswered: boolean
  /** How often it was sent. */
  sent: number
  /** How many looks in a row found no job of it; it may be answered just now. */
  unseen: number
  /** What was told of its place in the queue; null before, and once a host works on it. */
  ahead: number | null
  /** Whether a host was seen to work on it. */
  isRunning: boolean
  /** Handles what a host tells. */
  receive(message: AnswerMessage): void
  fail(error: unknown): void
}

export type NewRequest<Kind extends RequestKind> = {
  readonly id: string
  readonly kind: Kind
  readonly call: Call
  readonly sealed: Buffer
}

/** @returns the request, and its outcome, which rejects as `InferenceBackend.submit` does. */
export function createPending<Kind extends RequestKind>({
  id,
  kind,
  call,
  sealed,
}: NewRequest<Kind>): { pending: Pending; outcome: Promise<Outcome<Kind>> } {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome<Kind>>()
  const schema = resultSchemas[kind]
  let told = 0 // steps
  /** Tells those steps that were not told: a second host starts at the first one again. */
  const tellSteps = (from: number, steps: readonly Step[]) => {
    for (const step of steps.slice(Math.max(0, told - from))) {
      call.onStep?.(step)
    }
    told = Math.max(told, from + steps.length)
  }
  const pending: Pending = {
    id,
    queue: QUEUE_OF[call.claim.urgency],
    call,
    sealed,
    isAnswered: false,
    sent: 0,
    unseen: 0,
    ahead: null,
    isRunning: false,
    fail: reject,
    receive(message) {
      if (message.type === 'steps') {
        try {
          tellSteps(message.from, message.steps)
        } catch (error) {
          reject(error)
        }
        return
      }
      pending.isAnswered = true
      if (message.type === 'missing') {
        resolve({ kind: 'missing', keys: message.keys })
      } else if (message.type === 'error') {
        reject(fromPlainError(message.error))
      } else {
        const { data: result, error } = schema.safeParse(message.result)
        if (error) {
          reject(new TypeError(`unexpected result from a host: ${error.message}`, { cause: error }))
        } else {
          resolve({ kind: 'done', result })
        }
      }
    },
  }
  return { pending, outcome: promise }
}

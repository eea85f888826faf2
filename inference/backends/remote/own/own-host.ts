/** Sends requests to a server of this program. */

import { fromPlainError } from '../../../../config/plain-error.ts'
import type { Call, Outcome, RequestKind, RequestOf } from '../../backend.ts'
import { resultSchemas } from '../../protocol.ts'
import { eventsOf } from '../events.ts'
import { HostError } from '../host-error.ts'
import type { HttpClient } from '../http.ts'
import type { Host } from '../hosts.ts'
import {
  ENGINE_PATH,
  type EngineBody,
  type EngineEvent,
  engineEventSchema,
} from './own-protocol.ts'
import { packJson, unpackJson } from './packed-json.ts'

type Sending = {
  readonly client: HttpClient
  readonly silenceMs: number
  /** Replaces names of tenants and users. */
  readonly alias: (name: string) => string
}

/**
 * @throws {HostError} if the host fails.
 * @throws what the server throws for the request; the signal's reason once it is aborted.
 */
export async function submitToOwn<Kind extends RequestKind>(
  { address }: Host<unknown>,
  { client, silenceMs, alias }: Sending,
  asked: { readonly kind: Kind; readonly request: RequestOf<Kind>; readonly call: Call },
  signal: AbortSignal,
): Promise<Outcome<Kind>> {
  const { kind, request, call } = asked
  const { urgency, tenant, user, deadline } = call.claim
  const body: EngineBody = {
    request,
    urgency,
    tenant: alias(tenant),
    user: alias(user),
    remainingMs: Number.isFinite(deadline) ? deadline - Date.now() : null,
    steps: call.onStep !== undefined,
  }
  const sending = { method: 'POST', path: ENGINE_PATH, body: packJson(body), signal } as const
  const answer = await client.send(address, { ...sending, silenceMs })
  let hasBegun = false
  let outcome: Outcome<Kind> | null = null
  try {
    // To its end, which comes right after the outcome: the connection is used again then.
    for await (const data of eventsOf(address.base, answer, signal)) {
      const event = eventOf(address.base, data)
      switch (event.type) {
        case 'position':
          call.onPosition?.(event.ahead)
          break
        case 'step':
          hasBegun = true
          call.onStep?.(event.step)
          break
        case 'missing':
          outcome = { kind: 'missing', keys: event.keys }
          break
        case 'error':
          throw fromPlainError(event.error)
        default: {
          const { data: result, error } = resultSchemas[kind].safeParse(event.result)
          if (error) {
            throw new HostError('unreachable', `${address.base} sent an unexpected result`)
          }
          outcome = { kind: 'done', result }
        }
      }
    }
    if (outcome === null) {
      throw new HostError('unreachable', `${address.base} ended before its answer`)
    }
    return outcome
  } catch (error) {
    if (outcome !== null && error instanceof HostError) {
      return outcome
    }
    throw hasBegun && error instanceof HostError
      ? new HostError('cut', error.message, { cause: error })
      : error
  }
}

function eventOf(base: string, data: string): EngineEvent {
  try {
    return engineEventSchema.parse(unpackJson(data))
  } catch (cause) {
    throw new HostError('unreachable', `${base} sent an event that is none`, { cause })
  }
}

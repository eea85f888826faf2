/** Requests as they come to the engine, and how they are told what became of them. */

import type { Claim, Step } from '../contract/types.ts'
import type { EngineRequest, EngineResult } from '../contract/requests.ts'

/** A request as it comes. One of `done`, `failed` and `missing` is called, once. */
export type Incoming = {
  readonly id: number
  readonly claim: Claim
  readonly request: EngineRequest
  /** Whether what is computed for it may be cached. */
  readonly cacheable: boolean
  /** Null: nobody follows the text while it is written. */
  readonly step: ((step: Step) => void) | null
  /** How many requests go first, when it waits and that has changed. */
  position(ahead: number): void
  done(result: EngineResult): void
  failed(error: unknown): void
  /** These pictures are not here: the request is to be sent again with their files. */
  missing(keys: readonly string[]): void
}

/** Told to a request that was cancelled; nobody waits for its result. */
export class Cancelled extends Error {
  override name = 'Cancelled' as const
}

/**
 * The contract between a model's face and the place where its requests run. thread.ts is the
 * implementation in this process, bot/queue/ that on other machines.
 */

import type { CachedImage } from '../engine/feature-cache.ts'
import type { EngineRequest, EngineResults } from '../contract/requests.ts'
import type { AnyCard } from '../package/model-card.ts'
import type { Claim, ModelStats, Step } from '../contract/types.ts'

/** What a backend can be asked for. */
export type RequestKind = EngineRequest['kind']

/** The request of a kind. */
export type RequestOf<Kind extends RequestKind> = Extract<EngineRequest, { readonly kind: Kind }>

/** A request's result; or pictures are missing and the request is to be sent again with their files. */
export type Outcome<Kind extends RequestKind> =
  | { readonly kind: 'done'; readonly result: EngineResults[Kind] }
  | {
      readonly kind: 'missing'
      /** SHA-256 of the files of those that were not sent along and are not there, hexadecimal. */
      readonly keys: readonly string[]
    }

/** All that is said about a request besides what is asked. */
export type Call = {
  readonly claim: Claim
  /** Whether what is computed for the request may be cached. */
  readonly cacheable: boolean
  readonly signal?: AbortSignal | undefined
  readonly onStep?: ((step: Step) => void) | undefined
  /** Told how many requests go first, from 0, when the request waits and that has changed. */
  readonly onPosition?: ((ahead: number) => void) | undefined
}

export interface InferenceBackend {
  readonly card: AnyCard
  /**
   * Carries out a request. The bytes of its pictures become the backend's, which may move them.
   *
   * @throws the signal's reason once it is aborted; InputError if the request cannot be carried
   *   out; WorkerCrashError if the backend dies meanwhile.
   */
  submit<Kind extends RequestKind>(
    kind: Kind,
    request: RequestOf<Kind>,
    call: Call,
  ): Promise<Outcome<Kind>>
  /** Deletes what was computed from pictures. @param keys SHA-256 of each file, hexadecimal. */
  forget(keys: readonly string[]): Promise<void>
  /**
   * What is cached of pictures, for other hosts of this model; absent: nothing is to be shared.
   *
   * @param keys SHA-256 of each file, hexadecimal.
   */
  cached?(keys: readonly string[]): Promise<readonly CachedImage[]>
  /** Caches what another host of this model computed. */
  take?(entries: readonly CachedImage[]): void
  /** The counters as of the last run; null before there are any. */
  stats(): ModelStats | null
  /** Waits for the run in flight and rejects what still waits. */
  close(): Promise<void>
}

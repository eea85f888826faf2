/** What crosses between the main thread and the inference thread: plain data with request ids. */

import type { EngineOptions } from '../engine/options.ts'
import type { EngineRequest, EngineResult } from '../engine/requests.ts'
import { ConfigError, InputError, QueueFullError, TooLateError } from '../errors.ts'
import type { ModelCard } from '../package/model-card.ts'
import type { ModelStats, Priority, Step } from '../types.ts'

/** Given to the thread at its start. */
export type ThreadData = { readonly folder: string; readonly options: EngineOptions }

/** Who asks for something, and until when it is wanted. */
export type RequestClaim = {
  readonly priority: Priority
  readonly user: string
  readonly guild: string
  /** Milliseconds since 1970; Infinity for none. */
  readonly deadline: number
}

export type ToThread =
  | {
      readonly type: 'request'
      readonly id: number
      readonly request: EngineRequest
      readonly claim: RequestClaim
      /** Whether what is computed for it may be cached. */
      readonly cacheable: boolean
    }
  /** Deletes what was computed from pictures. */
  | { readonly type: 'forget'; readonly id: number; readonly keys: readonly string[] }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'close' }

export type FromThread =
  /** The model is open. */
  | { readonly type: 'ready'; readonly card: ModelCard }
  /** The model cannot be opened; the thread ends. */
  | { readonly type: 'unusable'; readonly error: PlainError }
  | { readonly type: 'stats'; readonly stats: ModelStats }
  | { readonly type: 'step'; readonly id: number; readonly step: Step }
  /** So many requests go first. */
  | { readonly type: 'position'; readonly id: number; readonly ahead: number }
  | { readonly type: 'result'; readonly id: number; readonly result: EngineResult }
  /** The picture is not here: the request is to be sent again with its file. */
  | { readonly type: 'missing'; readonly id: number }
  | { readonly type: 'forgotten'; readonly id: number }
  | { readonly type: 'error'; readonly id: number; readonly error: PlainError }
  /** Nothing runs any more and the thread may end. */
  | { readonly type: 'closed' }

/** An error as plain data: a structured clone would lose its class. */
export type PlainError = {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly problems: readonly string[]
}

const USER_ERRORS = [InputError, QueueFullError, TooLateError]

export function toPlainError(thrown: unknown): PlainError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  return {
    name: error instanceof InputError ? error.constructor.name : error.name,
    message: error.message,
    stack: error.stack,
    problems: error instanceof ConfigError ? error.problems : [],
  }
}

/** Makes an error of the class it was; a bug keeps the stack of the thread it happened on. */
export function fromPlainError(plain: PlainError): Error {
  const UserError = USER_ERRORS.find(({ name }) => name === plain.name)
  if (UserError) {
    return new UserError(plain.message)
  }
  if (plain.name === 'ConfigError') {
    return new ConfigError(plain.problems)
  }
  const error = new Error(plain.message)
  error.name = plain.name
  if (plain.stack !== undefined) {
    error.stack = plain.stack
  }
  return error
}

/** What crosses between the main thread and the inference thread: plain data with request ids. */

import type { EngineOptions } from './engine/options.ts'
import type { EngineRequest, EngineResult } from './engine/requests.ts'
import { ConfigError, InputError } from './errors.ts'
import type { ModelCard } from './model-card.ts'
import type { Step } from './types.ts'

/** Given to the thread at its start. */
export type ThreadData = { readonly folder: string; readonly options: EngineOptions }

export type ToThread =
  | { readonly type: 'request'; readonly id: number; readonly request: EngineRequest }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'close' }

export type FromThread =
  /** The model is open. */
  | { readonly type: 'ready'; readonly card: ModelCard }
  /** The model cannot be opened; the thread ends. */
  | { readonly type: 'unusable'; readonly error: PlainError }
  | { readonly type: 'step'; readonly id: number; readonly step: Step }
  | { readonly type: 'result'; readonly id: number; readonly result: EngineResult }
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

export function toPlainError(thrown: unknown): PlainError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    problems: error instanceof ConfigError ? error.problems : [],
  }
}

/** Makes an error of the class it was; a bug keeps the stack of the thread it happened on. */
export function fromPlainError(plain: PlainError): Error {
  if (plain.name === 'InputError') {
    return new InputError(plain.message)
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

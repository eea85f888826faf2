/**
 * The thread of the SQLite stores of a process. It answers requests in their order, so an answer needs
 * no id. Errors cross as data, because SQLite's result code is lost when an error is cloned.
 */

import { parentPort } from 'node:worker_threads'
import { SqliteDatabase } from './sqlite-database.ts'

/** An answer that holds so many characters is sent before the rest of its batch. */
const MAX_REPLY_CHARACTERS = 256 * 1024

type Method = 'open' | Exclude<keyof SqliteDatabase, symbol>

/** What a method takes, and what it returns. */
export type Signatures = {
  readonly [Name in Method]: Name extends keyof SqliteDatabase
    ? SqliteDatabase[Name]
    : (url: string) => void
}

export type SqliteRequest = {
  /** Number of the store, which `open` gives it. */
  readonly store: number
  readonly method: Method
  readonly args: readonly unknown[]
}

export type SqliteReply =
  | { readonly result: unknown }
  | { readonly error: { readonly message: string; readonly name: string; readonly code: object } }

const databases = new Map<number, SqliteDatabase>()

function answer({ store, method, args }: SqliteRequest): unknown {
  if (method === 'open') {
    databases.set(store, new SqliteDatabase(String(args[0])))
    return undefined
  }
  const database = databases.get(store)
  if (!database) {
    throw new Error('the store is closed')
  }
  if (method === 'close') {
    databases.delete(store)
  }
  return Reflect.apply(database[method], database, args)
}

function replyTo(request: SqliteRequest): SqliteReply {
  try {
    return { result: answer(request) }
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    // `code`, `errcode`, `errstr`, `syscall` and the like are properties of the error itself.
    const code = Object.fromEntries(
      Object.entries(error).filter(([, value]) => ['string', 'number'].includes(typeof value)),
    )
    return { error: { message: error.message, name: error.name, code } }
  }
}

function sizeOf(reply: SqliteReply): number {
  const result = 'result' in reply ? reply.result : undefined
  if (Array.isArray(result)) {
    return result.reduce<number>((sum, one) => sum + String(one).length, 0)
  }
  return typeof result === 'string' ? result.length : 0
}

parentPort?.on('message', (requests: readonly SqliteRequest[]) => {
  let replies: SqliteReply[] = []
  let characters = 0
  const flush = () => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of a thread, no window
    parentPort?.postMessage(replies)
    replies = []
    characters = 0
  }
  for (const request of requests) {
    const reply = replyTo(request)
    replies.push(reply)
    characters += sizeOf(reply)
    if (characters > MAX_REPLY_CHARACTERS) {
      flush()
    }
  }
  if (replies.length > 0) {
    flush()
  }
})

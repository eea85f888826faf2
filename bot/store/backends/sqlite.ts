/**
 * The store in a file on this machine, with Node's own SQLite on a thread: nothing that SQLite does,
 * not even its wait for another process, delays the main thread. An operation is done when its promise
 * resolves; what is done survives the end of the process.
 */

import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { clearExpired, type OpenBackend, pagesOfKeys } from './backend.ts'
import type { Signatures, SqliteReply, SqliteRequest } from './sqlite-thread.ts'

const THREAD_FILE = new URL('./sqlite-thread.ts', import.meta.url)

/** Compiled code, as in bot/main.ts: it halves the start of the thread. A thread has to be told. */
const COMPILE_CACHE = path.resolve(import.meta.dirname, '../../../node_modules/.cache/compiled')

/** The thread of all stores of this process; undefined: none was opened, or the last one ended. */
let shared: SqliteThread | undefined

/** @param url `memory:` or `sqlite:PATH`. */
export const openSqlite: OpenBackend = async (url, onError) => {
  if (shared === undefined || shared.hasEnded) {
    shared = new SqliteThread()
  }
  const thread = shared
  const store = thread.newStore(onError)
  const call = <Name extends keyof Signatures>(
    method: Name,
    ...args: Parameters<Signatures[Name]>
  ) => thread.call(store, method, args)
  try {
    await call('open', url)
  } catch (error) {
    thread.dropStore(store)
    throw error
  }
  const expiry = clearExpired(async () => {
    while (await call('clearExpired', Date.now())) {
      // each call deletes some, so that other requests get their turn
    }
    await call('shrink')
  }, onError)
  return {
    name: 'sqlite',
    untaggedForMs: 0,
    read: (key) => call('read', Date.now(), key),
    write: (key, entry) => call('write', key, entry),
    delete: (key) => call('delete', key),
    swap: (key, expected, next) => call('swap', Date.now(), key, expected, next),
    retag: (key, expected, tags) => call('retag', Date.now(), key, expected, tags),
    keys: (prefix) => pagesOfKeys((after) => call('keys', Date.now(), prefix, after)),
    keysWith: (tag) => pagesOfKeys((after) => call('keysWith', Date.now(), tag, after)),
    untagged: (prefix) => pagesOfKeys((after) => call('untagged', Date.now(), prefix, after)),
    ping: () => call('ping'),
    async close() {
      expiry.stop()
      if (thread.dropStore(store)) {
        await call('close')
      }
    },
  }
}

type Pending = {
  // A method, so that it can take the result of any request.
  resolve(this: void, result: unknown): void
  readonly reject: (error: Error) => void
}

/** The thread, from its start to its end. It keeps the process alive only while a request is pending. */
class SqliteThread {
  hasEnded = false
  readonly #worker: Worker
  /** What is told of the end of the thread, by store. */
  readonly #stores = new Map<number, (error: unknown) => void>()
  /** In the order of the requests, which is that of the replies. */
  readonly #pending: Pending[] = []
  /** Requests of this turn of the event loop. */
  #batch: SqliteRequest[] = []
  #lastStore = 0

  constructor() {
    const env = { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE }
    this.#worker = new Worker(THREAD_FILE, { name: 'sqlite', env, execArgv: [] })
    this.#worker.unref()
    this.#worker.on('message', (replies: readonly SqliteReply[]) => this.#settle(replies))
    let cause: unknown
    this.#worker.on('error', (error) => {
      cause = error
    })
    this.#worker.once('exit', () => this.#end(cause))
  }

  /** @param onError called once if the thread ends. */
  newStore(onError: (error: unknown) => void): number {
    this.#lastStore += 1
    this.#stores.set(this.#lastStore, onError)
    return this.#lastStore
  }

  /** @returns whether the store can still be closed. */
  dropStore(store: number): boolean {
    return this.#stores.delete(store) && !this.hasEnded
  }

  /** @throws what the method throws, or an error if the thread has ended. */
  call<Name extends keyof Signatures>(
    store: number,
    method: Name,
    args: Parameters<Signatures[Name]>,
  ): Promise<ReturnType<Signatures[Name]>> {
    if (this.hasEnded) {
      return Promise.reject(new Error('the thread of the store has ended'))
    }
    if (this.#batch.length === 0) {
      queueMicrotask(() => {
        const requests = this.#batch
        this.#batch = []
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
        this.#worker.postMessage(requests)
      })
    }
    this.#batch.push({ store, method, args })
    const { promise, resolve, reject } = Promise.withResolvers<ReturnType<Signatures[Name]>>()
    this.#pending.push({ resolve, reject })
    this.#worker.ref()
    return promise
  }

  #settle(replies: readonly SqliteReply[]): void {
    const settled = this.#pending.splice(0, replies.length)
    for (const [i, reply] of replies.entries()) {
      if ('error' in reply) {
        const { message, name, code } = reply.error
        settled[i]?.reject(Object.assign(new Error(message), { name }, code))
      } else {
        settled[i]?.resolve(reply.result)
      }
    }
    if (this.#pending.length === 0) {
      this.#worker.unref()
    }
  }

  #end(cause: unknown): void {
    this.hasEnded = true
    const error = new Error('the thread of the store has ended', { cause })
    for (const { reject } of this.#pending.splice(0)) {
      reject(error)
    }
    for (const onError of this.#stores.values()) {
      onError(error)
    }
  }
}

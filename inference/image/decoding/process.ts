/** One decoding process, from its start to its end. It does one job at a time. */

import { type ChildProcess, fork } from 'node:child_process'
import { Socket } from 'node:net'
import { InputError } from '../../../config/errors.ts'
import { fromPlainError } from '../../../config/plain-error.ts'
import { type DecodingRequest, decodingResponseSchema } from './job.ts'

const ENTRY = new URL('entry.ts', import.meta.url)

/**
 * What a process needs to start; it gets nothing else, so no token and no password. From Node's compile
 * cache it starts in half the time. It never writes there, since it is killed.
 */
const ENVIRONMENT = ['PATH', 'LD_LIBRARY_PATH', 'SystemRoot', 'NODE_COMPILE_CACHE'] as const

/** Its JavaScript objects; picture data is outside of this heap. */
const HEAP_MB = 128

/** A process that is larger than this after a job is ended: malloc would not give it all back. */
const MAX_IDLE_MEMORY = 256 * 2 ** 20

/** Characters of its error output that are in the error when it dies. */
const MAX_TRACE = 2000

export class DecodingProcess {
  /** Whether it can take a job: it has not died, and is not to be ended. */
  usable = true
  readonly #child: ChildProcess
  readonly #exited = Promise.withResolvers<void>()
  #job: PromiseWithResolvers<Uint8Array> | null = null
  #trace = ''
  #onSlow = () => {}

  /** @param entry the file that it runs; tests put another in its place. */
  constructor(entry: URL = ENTRY) {
    this.#child = fork(entry, [], {
      serialization: 'advanced', // files and pixels as they are
      env: Object.fromEntries(ENVIRONMENT.map((name) => [name, process.env[name]])),
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.#trace = `${this.#trace}${text.toString()}`.slice(-MAX_TRACE)
    })
    this.#child.on('message', (received) => this.#receive(received))
    this.#child.on('error', (error) => this.#fail(error)) // could not be started
    this.#child.on('exit', (code, signal) => {
      this.#fail(new Error(`a decoding process ended: ${signal ?? `code ${code}`} ${this.#trace}`))
    })
    this.#letGo()
  }

  /**
   * Does a job.
   *
   * @param onSlow told when it takes long.
   * @throws {InputError} if the file cannot be used, or the process dies of it
   *   (`image/decoder-crashed`).
   */
  async run(request: DecodingRequest, onSlow: () => void): Promise<Uint8Array> {
    const job = Promise.withResolvers<Uint8Array>()
    this.#job = job
    this.#onSlow = onSlow
    this.#child.ref()
    this.#child.channel?.ref()
    this.#child.send(request, (error) => {
      if (error) {
        this.#fail(error)
      }
    })
    try {
      return await job.promise
    } finally {
      this.#letGo()
    }
  }

  /** Ends it at once, whatever it does. */
  kill(): void {
    this.usable = false
    this.#child.ref() // whoever waits for its end must not end before it
    this.#child.kill('SIGKILL')
  }

  /** Ends it at once, and settles when it has ended. */
  async end(): Promise<void> {
    this.#child.ref() // the caller waits
    this.kill()
    await this.#exited.promise
  }

  #receive(received: unknown): void {
    const { data: response, error } = decodingResponseSchema.safeParse(received)
    if (response?.type === 'slow') {
      this.#onSlow()
      return
    }
    const job = this.#job
    this.#job = null
    if (error) {
      this.kill()
      job?.reject(new TypeError(`unexpected message from a decoding process: ${error.message}`))
      return
    }
    if (response.memory > MAX_IDLE_MEMORY) {
      this.kill()
    }
    if (response.type === 'done') {
      job?.resolve(response.result)
    } else {
      job?.reject(fromPlainError(response.error))
    }
  }

  #fail(cause: Error): void {
    this.usable = false
    this.#job?.reject(new InputError('image/decoder-crashed', null, { cause }))
    this.#job = null
    this.#exited.resolve()
  }

  /** While it does nothing it keeps nobody's process alive. */
  #letGo(): void {
    this.#child.unref()
    this.#child.channel?.unref()
    if (this.#child.stderr instanceof Socket) {
      this.#child.stderr.unref()
    }
  }
}

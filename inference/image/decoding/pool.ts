/**
 * Decodes picture files in processes of their own, a few at a time.
 *
 * A process and not a thread, since only a process can be ended at once whatever it does, has memory
 * of its own that is given back, and may crash: sharp's decoders are native code that reads files
 * from strangers. It costs 0.2 s to start, 30 MB of its own (85 MB with what all share), and 4 ms a
 * megabyte to send the file. It ends after half a minute without work.
 *
 * Nobody waits long for other people's pictures: a job that takes over half a second of processor time
 * while others wait moves to a lane of its own, which has all processes but one, and those who brought
 * the pictures take turns.
 */

import { hasCode, InputError } from '../../../config/errors.ts'
import type { Frames, FramesSpec } from '../animation/frames.ts'
import { DEFAULT_LIMITS, type ImageLimits, PATIENCE } from '../limits.ts'
import { normalize, targetOf, type PixelSpec, type PixelValues } from '../pixel-values.ts'
import type { ThumbnailSpec } from '../thumbnail.ts'
import {
  type DecodingCall,
  type DecodingJob,
  type ReadablePage,
  unpackPage,
  unpackRgb,
} from './job.ts'
import { unpackFrames } from './pack-frames.ts'
import { DecodingProcess } from './process.ts'

/** Jobs at once. */
const PROCESSES = 2
const IDLE_MS = 30_000
/** A job that takes more processor time is slow; one that says nothing, after `PATIENCE` times that. */
const SLOW_MS = 500
/** Resident memory of one process. The largest pictures allowed take up to 600 MB. */
const MAX_MEMORY = 768 * 2 ** 20

export type PoolOptions = {
  readonly limits?: Partial<ImageLimits>
  /** Resident memory at which a process gives up, in bytes. Default 768 MiB. */
  readonly maxMemory?: number
  /** Processor time that a job may take while others wait, milliseconds. Default half a second. */
  readonly slowMs?: number
  /** How long a process waits for work, milliseconds. Default 30 s. */
  readonly idleMs?: number
  /** Told of a process that died; the job's error is `image/decoder-crashed`. */
  readonly onCrash?: (error: unknown) => void
  /** What the processes run; tests put another file in its place. */
  readonly entry?: URL
}

type Task = {
  readonly bytes: Uint8Array
  readonly job: DecodingJob
  readonly owner: string
  readonly result: PromiseWithResolvers<Uint8Array>
  /** Whether it has taken more time than a job may while others wait. */
  late: boolean
  /** Whether it is in the lane of slow jobs. */
  slow: boolean
  /** While it runs. */
  process: DecodingProcess | null
}

export class DecodingPool {
  readonly #options: PoolOptions
  readonly #maxMs: number
  readonly #slowMs: number
  /** Tasks that wait: new ones, and slow ones that begin again. */
  readonly #waiting: Task[] = []
  readonly #slow: Task[] = []
  readonly #running = new Set<Task>()
  readonly #idle: DecodingProcess[] = []
  #idleTimer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: PoolOptions = {}) {
    this.#options = options
    this.#maxMs = (options.limits?.maxSeconds ?? DEFAULT_LIMITS.maxSeconds) * 1000
    this.#slowMs = options.slowMs ?? SLOW_MS
  }

  /** As `toPixelValues`. @throws the call's signal's reason once it is aborted. */
  async pixelValues(bytes: Uint8Array, spec: PixelSpec, call?: DecodingCall): Promise<PixelValues> {
    const target = targetOf(spec)
    const packed = await this.#run(bytes, { kind: 'rgb', target }, call)
    const { image, grid } = unpackRgb(packed, target)
    return { data: normalize(image, spec, grid), grid }
  }

  /** As `decodePage` and `readCodes`. @throws the signal's reason once it is aborted. */
  async page(bytes: Uint8Array, maxPixels: number, call?: DecodingCall): Promise<ReadablePage> {
    return unpackPage(await this.#run(bytes, { kind: 'page', maxPixels }, call), maxPixels)
  }

  /** As `decodeBrightness`. @throws the signal's reason once it is aborted. */
  async brightness(bytes: Uint8Array, side: number, call?: DecodingCall): Promise<Uint8Array> {
    const gray = await this.#run(bytes, { kind: 'brightness', side }, call)
    checkLength(gray, side * side)
    return gray
  }

  /** As `encodeThumbnail`. @throws the signal's reason once it is aborted. */
  thumbnail(bytes: Uint8Array, spec: ThumbnailSpec, call?: DecodingCall): Promise<Uint8Array> {
    return this.#run(bytes, { kind: 'thumbnail', spec }, call)
  }

  /** As `encodeForTransfer`. @throws the signal's reason once it is aborted. */
  transfer(bytes: Uint8Array, maxPixels: number, call?: DecodingCall): Promise<Uint8Array> {
    return this.#run(bytes, { kind: 'transfer', maxPixels }, call)
  }

  /** As `decodeFrames`. @throws the signal's reason once it is aborted. */
  async frames(bytes: Uint8Array, spec: FramesSpec, call?: DecodingCall): Promise<Frames> {
    return unpackFrames(await this.#run(bytes, { kind: 'frames', spec }, call), spec)
  }

  /** Starts a process, so that the first job does not wait for that. */
  warm(): void {
    if (this.#idle.length === 0 && this.#running.size === 0) {
      this.#release(new DecodingProcess(this.#options.entry))
    }
  }

  /** Ends all processes; their jobs reject. Settles once none is left. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#idleTimer)
    const processes = [...this.#idle, ...[...this.#running].map((task) => task.process!)]
    const closed = new Error('the decoder is closed')
    for (const task of [...this.#waiting, ...this.#slow, ...this.#running]) {
      this.#remove(task)
      task.result.reject(closed)
    }
    await Promise.all(processes.map((process) => process.end()))
  }

  async #run(
    bytes: Uint8Array,
    job: DecodingJob,
    { signal, owner = '' }: DecodingCall = {},
  ): Promise<Uint8Array> {
    signal?.throwIfAborted()
    if (this.#closed) {
      throw new Error('the decoder is closed')
    }
    const result = Promise.withResolvers<Uint8Array>()
    const task: Task = { bytes, job, owner, result, late: false, slow: false, process: null }
    const abort = () => {
      this.#remove(task)
      result.reject(signal?.reason)
      this.#pump()
    }
    signal?.addEventListener('abort', abort, { once: true })
    this.#waiting.push(task)
    this.#pump()
    try {
      return await result.promise
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Starts what can be started, and makes room for those who wait. */
  #pump(): void {
    while (this.#running.size < PROCESSES) {
      const task = this.#next()
      if (!task) {
        return
      }
      this.#start(task)
    }
    const late = [...this.#running].find((task) => task.late && !task.slow)
    if (late && this.#waiting.length > 0) {
      late.slow = true
      if (this.#slowAtWork > PROCESSES - 1) {
        this.#remove(late) // its work so far is lost; it was half a second
        this.#slow.push(late)
        this.#pump()
      }
    }
  }

  /** A slow task where there is room for one, else the next of an owner who has none at work. */
  #next(): Task | undefined {
    if (this.#slow.length > 0 && this.#slowAtWork < PROCESSES - 1) {
      return this.#slow.shift()
    }
    const atWork = new Set([...this.#running, ...this.#slow].map(({ owner }) => owner))
    const turn = this.#waiting.findIndex(({ owner }) => !atWork.has(owner))
    return this.#waiting.splice(Math.max(turn, 0), 1)[0]
  }

  #takeProcess(): DecodingProcess {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      if (idle.usable) {
        return idle
      }
    }
    return new DecodingProcess(this.#options.entry)
  }

  get #slowAtWork(): number {
    return [...this.#running].filter(({ slow }) => slow).length
  }

  #start(task: Task): void {
    const process = this.#takeProcess()
    task.process = process
    this.#running.add(task)
    const isLate = () => {
      task.late = task.process === process
      this.#pump()
    }
    const slow = setTimeout(isLate, this.#slowMs * PATIENCE)
    const timeout = setTimeout(() => {
      task.result.reject(new InputError('image/slow-to-decode'))
      this.#remove(task)
      this.#pump()
    }, this.#maxMs * PATIENCE)
    const { limits = {}, maxMemory = MAX_MEMORY } = this.#options
    const { bytes, job } = task
    const request = { bytes, job, limits, maxMemory, slowMs: this.#slowMs, maxMs: this.#maxMs }
    const settled = process.run(request, isLate)
    const end = (settle: () => void) => {
      clearTimeout(slow)
      clearTimeout(timeout)
      if (task.process === process) {
        this.#running.delete(task)
        task.process = null
        settle()
        this.#release(process)
        this.#pump()
      }
    }
    settled.then(
      (value) => end(() => task.result.resolve(value)),
      (error: unknown) =>
        end(() => {
          if (hasCode(error, 'image/decoder-crashed')) {
            this.#options.onCrash?.(error)
          }
          task.result.reject(error)
        }),
    )
  }

  /** Takes a task off the lists and ends the process that it runs in. */
  #remove(task: Task): void {
    for (const list of [this.#waiting, this.#slow]) {
      const at = list.indexOf(task)
      if (at >= 0) {
        list.splice(at, 1)
      }
    }
    this.#running.delete(task)
    const { process } = task
    task.process = null
    process?.kill()
  }

  /** Takes back a process that has nothing to do. */
  #release(process: DecodingProcess): void {
    if (!process.usable || this.#closed) {
      process.kill()
      return
    }
    this.#idle.push(process)
    clearTimeout(this.#idleTimer)
    this.#idleTimer = setTimeout(() => {
      for (const idle of this.#idle.splice(0)) {
        idle.kill()
      }
    }, this.#options.idleMs ?? IDLE_MS).unref()
  }
}

/** The other process has read a file from a stranger, so what it sends is checked. */
function checkLength(data: Uint8Array, length: number): void {
  if (data.length !== length) {
    throw new TypeError(`expected ${length} bytes of pixels, got ${data.length}`)
  }
}

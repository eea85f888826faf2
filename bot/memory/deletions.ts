/**
 * Ends the work that depends on what is deleted, so that nothing is stored about it afterwards.
 *
 * Work is tracked from start to end, with all that it depends on. A deletion
 * aborts the work that depends on it, waits for its pending writes, and only then deletes; later
 * writes of that work are refused. Short work that must not be stopped halfway counts as one write. Deletions are recorded for longer than work can take, because
 * work can also start from data that was read before a deletion: a message whose handling had not
 * started, or a resumed job.
 */

import { LRUCache } from 'lru-cache'
import { MINUTE_MS } from '../../config/durations.ts'

/** Work takes 15 minutes at most: the life of an interaction's token. */
const DELETION_LIFE_MS = 20 * MINUTE_MS
const MAX_DELETIONS = 50_000

/**
 * What work depends on and what is deleted, by its id. `member` is a person in one channel; an
 * `answer` goes by its key, and a `picture` by its message and its key in there.
 */
export type Subject =
  | `${'message' | 'channel' | 'guild' | 'user' | 'conversation' | 'answer'}/${string}`
  | `${'member' | 'picture'}/${string}/${string}`

export type Dependencies = {
  /**
   * Snowflake of the message or interaction that started the work; decides whether a deletion with
   * `before` came later.
   */
  readonly startedBy: string
  readonly subjects: readonly Subject[]
}

export type Deletion = {
  readonly subjects: readonly Subject[]
  /**
   * Snowflake of the moment of deletion, for subjects that can be used again afterwards; absent:
   * the deletion is permanent.
   */
  readonly before?: string
}

/** Something that the work depends on was deleted. */
export class DeletedError extends Error {
  override name = 'DeletedError' as const
}

/** Work under way. */
export class TrackedWork {
  readonly #deletions: Deletions
  readonly #startedBy: string
  readonly #subjects = new Set<Subject>()
  readonly #controller = new AbortController()
  /** Whether the answer was delivered; an abort after that is not reported to the person. */
  delivered = false
  #writing: Promise<unknown> = Promise.resolve()
  #ended = false

  /** For Deletions.track. */
  constructor(deletions: Deletions, startedBy: string) {
    this.#deletions = deletions
    this.#startedBy = startedBy
  }

  /** Aborted with a DeletedError when something that the work depends on is deleted. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Settles when no write is pending. */
  get writing(): Promise<unknown> {
    return this.#writing
  }

  /** Makes the work depend on more. @throws {DeletedError} if any of that was deleted already. */
  dependOn(subjects: readonly Subject[]): void {
    for (const subject of subjects) {
      this.#subjects.add(subject)
    }
    if (this.#deletions.areDeleted(subjects, this.#startedBy)) {
      this.abort()
    }
    this.signal.throwIfAborted()
  }

  dependsOn(subject: Subject): boolean {
    return this.#subjects.has(subject)
  }

  get subjects(): ReadonlySet<Subject> {
    return this.#subjects
  }

  /**
   * Writes to the store; a deletion waits for the write and then deletes its result too.
   *
   * @throws {DeletedError} if the work was ended; `write` is not called then.
   */
  async write<R>(write: () => Promise<R>): Promise<R> {
    this.signal.throwIfAborted()
    if (this.#ended) {
      throw new DeletedError('the work has ended')
    }
    const writing = write()
    this.#writing = Promise.allSettled([this.#writing, writing])
    return writing
  }

  abort(): void {
    if (this.#ended) {
      return
    }
    this.#controller.abort(new DeletedError('what this was about was deleted'))
  }

  /** Refuses writes from now on, because the work is no longer aborted by deletions. */
  end(): void {
    this.#ended = true
  }
}

export class Deletions {
  /** By subject: the snowflake before which it is deleted, null: for good. */
  readonly #deleted = new LRUCache<Subject, { readonly before: bigint | null }>({
    max: MAX_DELETIONS,
    ttl: DELETION_LIFE_MS,
  })
  readonly #running = new Set<TrackedWork>()

  /**
   * Runs work that is aborted when something it depends on is deleted.
   *
   * @throws {DeletedError} at once when that happens, without waiting for the work, also when it
   *   happened before. Otherwise what `work` throws.
   */
  async track<R>(
    { startedBy, subjects }: Dependencies,
    work: (tracked: TrackedWork) => Promise<R>,
  ): Promise<R> {
    const tracked = new TrackedWork(this, startedBy)
    tracked.dependOn(subjects)
    this.#running.add(tracked)
    try {
      return await rejectOnAbort(tracked.signal, work(tracked))
    } finally {
      tracked.end()
      // A write that was under way when the work was aborted still has to be waited for.
      const drop = () => this.#running.delete(tracked)
      tracked.writing.then(drop, drop)
    }
  }

  /**
   * Does work to its end: a deletion waits for it, and then deletes what it wrote.
   *
   * @throws {DeletedError} if something it depends on was deleted before; `work` is not called then.
   *   Otherwise what `work` throws.
   */
  async finish<R>({ startedBy, subjects }: Dependencies, work: () => Promise<R>): Promise<R> {
    const tracked = new TrackedWork(this, startedBy)
    tracked.dependOn(subjects)
    this.#running.add(tracked)
    try {
      return await tracked.write(work)
    } finally {
      tracked.end()
      this.#running.delete(tracked)
    }
  }

  /** As `finish`, for work that nobody waits for: it is omitted if something was deleted before. */
  async write(dependencies: Dependencies, write: () => Promise<unknown>): Promise<void> {
    try {
      await this.finish(dependencies, write)
    } catch (error) {
      if (!(error instanceof DeletedError)) {
        throw error
      }
    }
  }

  /**
   * Aborts the work that depends on the subjects, then deletes the records. Such work can write
   * nothing from the call on.
   */
  async delete<R>({ subjects, before }: Deletion, erase: () => Promise<R>): Promise<R> {
    for (const subject of subjects) {
      this.#record(subject, before === undefined ? null : BigInt(before))
    }
    const dependentWork = [...this.#running].filter((work) =>
      subjects.some((one) => work.dependsOn(one)),
    )
    for (const work of dependentWork) {
      work.abort()
    }
    await Promise.all(dependentWork.map(({ writing }) => writing))
    return erase()
  }

  /** What the work under way depends on. */
  get subjects(): ReadonlySet<Subject> {
    return new Set([...this.#running].flatMap(({ subjects }) => [...subjects]))
  }

  /** Whether any of these was deleted after the work began, or for good. */
  areDeleted(subjects: readonly Subject[], startedBy: string): boolean {
    return subjects.some((subject) => {
      const deletion = this.#deleted.get(subject)
      return deletion && (deletion.before === null || BigInt(startedBy) < deletion.before)
    })
  }

  /** Whether any of these was deleted permanently. */
  areGone(subjects: readonly Subject[]): boolean {
    return subjects.some((subject) => this.#deleted.get(subject)?.before === null)
  }

  #record(subject: Subject, before: bigint | null): void {
    const previous = this.#deleted.get(subject)
    const isLater =
      !previous || before === null || (previous.before !== null && previous.before < before)
    if (isLater) {
      this.#deleted.set(subject, { before })
    }
  }
}

/** The result, or the signal's reason at once. */
function rejectOnAbort<R>(signal: AbortSignal, work: Promise<R>): Promise<R> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    work.then(resolve, reject)
  })
}

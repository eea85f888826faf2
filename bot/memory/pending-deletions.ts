/**
 * Deletions that outlive the process and failures of the store: each is stored before its first write,
 * and its record is removed after its last one. What was interrupted in between is repeated at the next
 * start, and while the process runs until it succeeds.
 *
 * So every deletion can be repeated: what a record is found by is deleted after the record itself.
 */

import type { Logger } from 'pino'
import { z } from 'zod'
import { DAY_MS } from '../../config/durations.ts'
import { Recovery } from '../operations/recovery.ts'
import { newKey } from '../store/keys.ts'
import { NotAuthenticError } from '../store/not-authentic.ts'
import type { Collection, Store } from '../store/types.ts'

/** How often the log says that deletions are still pending. They are repeated more often. */
const LOG_EVERY_MS = DAY_MS
const STILL_PENDING = 'deletions are pending and are repeated until they succeed'
const NOT_AUTHENTIC = `${STILL_PENDING}; records that are not authentic are in their way: restore them, or delete them with "npm run store -- check --delete"`

/** No record of the store lives longer. */
const LIFE_MS = 400 * DAY_MS

const place = z.object({ guildId: z.string().nullable(), channelId: z.string() })
/** Snowflake of the moment of the deletion, if its subject can be used again afterwards. */
const before = z.string().optional()

const schema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('messages'), place, ids: z.array(z.string()) }),
  /** Pictures that were edited out of a message, by their keys in there. */
  z.object({
    kind: z.literal('pictures'),
    place,
    messageId: z.string(),
    keys: z.array(z.string()),
    before: z.string(),
  }),
  z.object({ kind: z.literal('answer'), place, key: z.string() }),
  z.object({ kind: z.literal('conversation'), place, id: z.string() }),
  z.object({ kind: z.literal('channel'), place, before }),
  z.object({ kind: z.literal('member'), place, userId: z.string(), before: z.string() }),
  z.object({ kind: z.literal('guild'), guildId: z.string(), before: z.string() }),
  z.object({ kind: z.literal('user'), userId: z.string(), before: z.string() }),
  /** What a person asked before they opted out, and is not answered yet. */
  z.object({ kind: z.literal('requests'), userId: z.string(), before: z.string() }),
  /** Records that depend on conversations of a channel: deleted unless that still has these. */
  z.object({
    kind: z.literal('dependents'),
    place,
    ttlMs: z.number(),
    /** Answers, each with its message. */
    answers: z.array(z.object({ key: z.string(), message: z.string() })),
    /** Conversations, each with the message of its picture. */
    sources: z.array(z.object({ talk: z.string(), channelId: z.string(), messageId: z.string() })),
  }),
])

export type PendingDeletion = z.infer<typeof schema>
export type PendingDeletionOf<Kind extends PendingDeletion['kind']> = Extract<
  PendingDeletion,
  { kind: Kind }
>

/** A deletion is stored, but not finished yet; `cause` is what was in its way. */
export class PendingDeletionError extends Error {
  override name = 'PendingDeletionError' as const
}

export type PendingDeletionsDeps = {
  readonly store: Store
  readonly log: Logger
  /** How long after a failure deletions are repeated; milliseconds. Tests wait for less. */
  readonly retryAfterMs?: number
}

export class PendingDeletions {
  readonly #records: Collection<PendingDeletion>
  readonly #log: Logger
  readonly #recovery: Recovery
  /** When the log said last that deletions are pending; milliseconds since the epoch, 0: it need not. */
  #loggedAt = 0
  /** Keys of those that this process is carrying out. */
  readonly #running = new Set<string>()
  /** Null until `resume`: nothing is repeated, and no record is deleted, before. */
  #repeat: ((deletion: PendingDeletion) => Promise<unknown>) | null = null

  constructor({ store, log, retryAfterMs }: PendingDeletionsDeps) {
    this.#log = log
    this.#records = store.collection({
      name: 'deletions',
      ttlMs: LIFE_MS,
      decode: (data) => schema.parse(data),
    })
    this.#recovery = new Recovery({
      work: async () => {
        try {
          await this.#repeatAll()
        } catch (error) {
          this.#logPending(error)
          this.#recovery.later()
        }
      },
      log,
      failure: 'an interrupted deletion could not be repeated',
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    })
  }

  /**
   * Stores a deletion, then does its work.
   *
   * @param work can be done again with the same result.
   * @throws {PendingDeletionError} if the work failed; it is repeated. What the work throws, where it only
   *   tidies up; what the store throws, where the deletion was not stored.
   */
  async run<R>(deletion: PendingDeletion, work: () => Promise<R>): Promise<R> {
    const key = newKey()
    let isStored = false
    try {
      return await this.#run(key, async () => {
        await this.#records.set(key, deletion)
        isStored = true
        return work()
      })
    } catch (error) {
      if (isStored && deletion.kind !== 'dependents') {
        this.#logPending(error)
        throw new PendingDeletionError('a deletion is pending', { cause: error })
      }
      throw error
    }
  }

  /**
   * Repeats what earlier processes left, and from now on what fails.
   *
   * @param repeat does one of them.
   * What fails is logged, and tried again later.
   */
  resume(repeat: (deletion: PendingDeletion) => Promise<unknown>): Promise<void> {
    this.#repeat = repeat
    return this.#recovery.now()
  }

  stop(): void {
    this.#recovery.stop()
  }

  async #repeatAll(): Promise<void> {
    const repeat = this.#repeat
    if (repeat === null) {
      return
    }
    const failures: unknown[] = []
    let othersRun = false
    for await (const [key, deletion] of this.#records.entries()) {
      if (this.#running.has(key)) {
        othersRun = true
      } else {
        await this.#run(key, () => repeat(deletion)).catch((error: unknown) => {
          failures.push(error)
        })
      }
    }
    if (failures.length > 0) {
      throw new AggregateError(failures, `${failures.length} deletions failed`)
    }
    if (!othersRun) {
      this.#loggedAt = 0
    }
  }

  /** Says so at once, and then once a day. */
  #logPending(error: unknown): void {
    if (Date.now() - this.#loggedAt >= LOG_EVERY_MS) {
      this.#loggedAt = Date.now()
      this.#log.error({ err: error }, isNotAuthentic(error) ? NOT_AUTHENTIC : STILL_PENDING)
    }
  }

  async #run<R>(key: string, work: (key: string) => Promise<R>): Promise<R> {
    this.#running.add(key)
    try {
      const result = await work(key)
      await this.#records.delete(key)
      return result
    } catch (error) {
      this.#recovery.later()
      throw error
    } finally {
      this.#running.delete(key)
    }
  }
}

/** Whether a record that is not authentic is among the causes. */
function isNotAuthentic(error: unknown): boolean {
  if (error instanceof AggregateError) {
    return error.errors.some(isNotAuthentic)
  }
  return (
    error instanceof NotAuthenticError || (error instanceof Error && isNotAuthentic(error.cause))
  )
}

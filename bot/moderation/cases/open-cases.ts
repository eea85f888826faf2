/**
 * The cases with pending steps, so that a process that starts finds what another left unfinished.
 *
 * A picture may be what ended the process. So an attempt is counted before a step that opens
 * pictures, and the count ends with the step, unless the process ends first.
 */

import { z } from 'zod'
import { isGone, type Owner, thisProcess } from '../../jobs/job-owner.ts'
import type { Collection, Store } from '../../store/types.ts'
import { CASE_LIFE_MS } from './case-record.ts'

/** A process that cannot be looked at (another machine) counts as ended after this time in one step. */
const STEP_LIMIT_MS = 60_000

const schema = z.object({
  at: z.number(),
  /** The step that a process began, and that may have ended it; absent: none. */
  begun: z
    .object({
      step: z.string(),
      at: z.number(),
      by: z.object({ host: z.string(), pid: z.number(), instance: z.string() }),
      /** How many processes began it. */
      attempts: z.number(),
    })
    .optional(),
})

type Mark = z.infer<typeof schema>

export class OpenCases {
  readonly collection: Collection<Mark>
  readonly #owner: Owner

  /** @param owner this process by default; tests set another one. */
  constructor(store: Store, owner: Owner = thisProcess()) {
    this.#owner = owner
    this.collection = store.collection({
      name: 'moderation-open',
      ttlMs: CASE_LIFE_MS,
      decode: (data) => schema.parse(data),
    })
  }

  async mark(key: string): Promise<void> {
    await this.collection.update(key, (old) => ({ ...old, at: Date.now() }))
  }

  /**
   * Does a step that opens pictures.
   *
   * @param work is given the number of the attempt, from 1.
   */
  async attempt<R>(key: string, step: string, work: (attempt: number) => Promise<R>): Promise<R> {
    const now = Date.now()
    const by = this.#owner
    const mark = await this.collection.update(key, (old) => {
      const before = old?.begun?.step === step ? old.begun : undefined
      if (before && !this.#hasEnded(before)) {
        return old // another process is at it too
      }
      const attempts = (before?.attempts ?? 0) + 1
      return { at: old?.at ?? now, begun: { step, at: now, by, attempts } }
    })
    try {
      return await work(mark?.begun?.attempts ?? 1)
    } finally {
      await this.collection.update(key, (old) => (old?.begun ? { at: old.at } : old))
    }
  }

  /** Whether an earlier process ended while it opened the pictures of a case. */
  async isSuspect(key: string): Promise<boolean> {
    const begun = (await this.collection.get(key))?.begun
    return begun !== undefined && this.#hasEnded(begun)
  }

  #hasEnded({ by, at }: NonNullable<Mark['begun']>): boolean {
    return isGone(by, this.#owner) || Date.now() - at > STEP_LIMIT_MS
  }
}

/**
 * Carries out the planned steps of cases, one after another, and shows what became of each.
 *
 * A case with something left to do has a mark in the store, so that a process that starts finds what
 * another left. Each step can be done twice (deeds.ts), so no process has to know whether the last one
 * got as far as marking it.
 */

import type { Logger } from 'pino'
import { z } from 'zod'
import { catalogueFor } from '../../../commands/i18n/catalogue.ts'
import { KeyedMutex } from '../../store/keyed-mutex.ts'
import type { Collection, Store } from '../../store/types.ts'
import { caseBody } from './message.ts'
import {
  type Case,
  CASE_LIFE_MS,
  caseSchema,
  isUndescribed,
  nextStep,
  type Problem,
  withStep,
} from './case.ts'
import type { CasePictures } from './pictures.ts'
import { CaseSteps, type CaseStepsParts, type Outcome, reasonOf } from './steps.ts'
import { problemOf } from './discord-actions.ts'

export type CaseWorkParts = CaseStepsParts & {
  readonly store: Store
  readonly log: Logger
  /** Called when a case keeps its mark because something failed, so that it is resumed later. */
  readonly interrupted?: () => void
}

export class CaseWork {
  readonly cases: Collection<Case>
  /** Cases with something left to do. */
  readonly open: Collection<{ at: number }>
  readonly #parts: CaseWorkParts
  readonly #pictures: CasePictures
  readonly #steps: CaseSteps
  readonly #running = new KeyedMutex()
  readonly #describing = new Map<string, Promise<void>>()
  readonly #stopped = new AbortController()

  constructor(parts: CaseWorkParts) {
    this.#parts = parts
    this.#pictures = parts.casePictures
    this.#steps = new CaseSteps(parts)
    this.cases = parts.store.collection<Case>({
      name: 'moderation-cases',
      ttlMs: CASE_LIFE_MS,
      decode: (data) => caseSchema.parse(data),
    })
    this.open = parts.store.collection({
      name: 'moderation-open',
      ttlMs: CASE_LIFE_MS,
      decode: (data) => z.object({ at: z.number() }).parse(data),
    })
  }

  of(guildId: string, id: string): Promise<Case | undefined> {
    return this.cases.get(`${guildId}/${id}`)
  }

  /** Changes a case; what it plans is found again if the process ends now. */
  async change(
    guildId: string,
    id: string,
    change: (found: Case | undefined) => Case | undefined,
  ): Promise<Case | undefined> {
    return this.#watched(async () => {
      await this.open.set(`${guildId}/${id}`, { at: Date.now() })
      return this.cases.update(`${guildId}/${id}`, change)
    })
  }

  /** Does what is planned; calls for the same case wait for each other. */
  carryOut(guildId: string, id: string): Promise<void> {
    const key = `${guildId}/${id}`
    return this.#running.run(key, () => this.#watched(() => this.#carryOut(guildId, id)))
  }

  /** Waits for what is under way. */
  async settle(): Promise<void> {
    while (this.#running.size + this.#describing.size > 0) {
      await this.#running.settle()
      await Promise.all(this.#describing.values())
    }
  }

  /** Ends; what the model has not said yet is left for the next process. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.settle()
  }

  /** Resumes what another process, or a failure, left unfinished. */
  async resume(): Promise<void> {
    for await (const [key] of this.open.entries()) {
      const [guildId = '', id = ''] = key.split('/')
      await this.carryOut(guildId, id).catch((error: unknown) => {
        this.#parts.log.error({ err: error }, 'a case could not be resumed')
      })
    }
  }

  /** Tells of a failure, and throws it on. */
  async #watched<R>(work: () => Promise<R>): Promise<R> {
    try {
      return await work()
    } catch (error) {
      if (!this.#stopped.signal.aborted) {
        this.#parts.interrupted?.()
      }
      throw error
    }
  }

  async #carryOut(guildId: string, id: string): Promise<void> {
    const key = `${guildId}/${id}`
    for (;;) {
      const found = await this.cases.get(key)
      const step = found && nextStep(found)
      if (!found || !step) {
        await this.#finish(key, found)
        return
      }
      const { problem = null, change } = await this.#try(() => this.#steps.do(found, step))
      const now = await this.cases.update(
        key,
        (old) => old && withStep(old, step.id, problem, change),
      )
      await this.#dropSecond(found, change?.log, now?.log)
      if (now && now.copies.length > found.copies.length) {
        await this.#show(now) // before anything of it is removed
      }
    }
  }

  /** Of two posts by two processes, the one that is not in the record goes. */
  async #dropSecond(found: Case, ours: Case['log'] | undefined, kept: Case['log'] | undefined) {
    if (ours && kept && ours.messageId !== kept.messageId) {
      const { channelId, messageId } = ours
      await this.#try(async () => {
        await this.#parts.deeds.delete(channelId, messageId, reasonOf(found, 'second'))
        return {}
      })
    }
  }

  /** Shows the case as it is; what was planned meanwhile finds its mark again. */
  async #finish(key: string, found: Case | undefined): Promise<void> {
    if (found) {
      await this.#show(found)
    }
    if (found && isUndescribed(found)) {
      this.#describeLater(key, found)
      return
    }
    await this.open.delete(key)
    const now = await this.cases.get(key)
    if (now && (nextStep(now) || isUndescribed(now))) {
      await this.open.set(key, { at: Date.now() })
    }
  }

  /** Asks the model while the case goes on; what it says is added when it comes. */
  #describeLater(key: string, found: Case): void {
    if (this.#describing.has(key) || this.#stopped.signal.aborted) {
      return
    }
    const describing = this.#watched(() => this.#describeAndShow(key, found))
      .catch((error: unknown) => {
        if (!this.#stopped.signal.aborted) {
          this.#parts.log.error({ err: error }, 'a case could not be described')
        }
      })
      .finally(() => this.#describing.delete(key))
    this.#describing.set(key, describing)
  }

  async #describeAndShow(key: string, { guildId, id }: Case): Promise<void> {
    const now = await this.cases.get(key)
    if (!now) {
      return
    }
    const { problem = null, change } = await this.#try(() => this.#describe(now))
    if (this.#stopped.signal.aborted) {
      return // left for the next process
    }
    await this.cases.update(key, (old) => old && withStep(old, 'describe', problem, change))
    this.#pictures.forget(id)
    await this.carryOut(guildId, id)
  }

  async #show(found: Case): Promise<void> {
    if (found.log) {
      const body = caseBody(found, catalogueFor(found.locale))
      const { channelId, messageId } = found.log
      try {
        await this.#parts.deeds.edit(channelId, messageId, body)
      } catch (error) {
        problemOf(error) // whoever removed it needs no news of it
      }
    }
  }

  async #try(work: () => Promise<Outcome>): Promise<Outcome> {
    try {
      return await work()
    } catch (error) {
      return { problem: this.#problemOf(error) }
    }
  }

  #problemOf(error: unknown): Problem {
    try {
      return problemOf(error)
    } catch {
      if (this.#stopped.signal.aborted) {
        throw error
      }
      this.#parts.log.error({ err: error }, 'a step of a case failed')
      return 'failed'
    }
  }

  async #describe(found: Case): Promise<Outcome> {
    const captions = await this.#pictures.describe(found, this.#stopped.signal)
    return captions.length > 0 ? { change: { captions } } : { problem: 'gone' }
  }
}

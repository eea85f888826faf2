/**
 * Carries out the planned steps of cases in order, and updates the message of each case.
 *
 * A case with pending steps has a mark in the store, so that a process that starts finds what another
 * left unfinished. Each step can be done twice (discord-actions.ts), so no process needs to know
 * whether the last one marked it.
 */

import type { Logger } from 'pino'
import { catalogFor } from '../../../commands/i18n/catalog.ts'
import type { OwnsGuild } from '../../../config/shards.ts'
import { KeyedMutex } from '../../store/keyed-mutex.ts'
import type { Store } from '../../store/types.ts'
import { caseBody } from './message.ts'
import { isUndescribed, nextStep, withSketch, withStep } from './case.ts'
import type { Case, Problem } from './case-record.ts'
import { CaseRecords } from './case-records.ts'
import type { CountModeration } from '../../operations/metrics.ts'
import type { CasePictures } from './pictures.ts'
import { OpenCases } from './open-cases.ts'
import { CaseSteps, type CaseStepsDeps, MAX_ATTEMPTS, type Outcome, reasonOf } from './steps.ts'
import type { CaseReading } from '../hashes/list-matcher.ts'
import { opensCase } from '../hashes/reasons.ts'
import { problemOf } from './discord-actions.ts'
import { isTransportError } from '../../operations/retries.ts'

/** Steps that decode pictures; the description, which does too, is not among the others. */
const OPENS_PICTURES: ReadonlySet<string> = new Set(['post', 'sweep', 'sketch'])

export type CaseExecutorDeps = CaseStepsDeps & {
  readonly store: Store
  readonly log: Logger
  readonly count?: CountModeration | undefined
  /** Whether a server's events come to this process; absent: all do. */
  readonly ownsGuild?: OwnsGuild | undefined
  /** Called after a failure that leaves a case unfinished, so that it is resumed later. */
  readonly interrupted?: () => void
}

export class CaseExecutor {
  readonly records: CaseRecords
  readonly open: OpenCases
  readonly #deps: CaseExecutorDeps
  readonly #pictures: CasePictures
  readonly #steps: CaseSteps
  readonly #running = new KeyedMutex()
  readonly #suspects = new KeyedMutex()
  readonly #describing = new Map<string, Promise<void>>()
  readonly #stopped = new AbortController()

  constructor(deps: CaseExecutorDeps) {
    this.#deps = deps
    this.#pictures = deps.casePictures
    this.#steps = new CaseSteps(deps)
    this.records = new CaseRecords(deps.store)
    this.open = new OpenCases(deps.store)
  }

  /** Changes a case. Its mark is written first, so that the planned steps survive the process. */
  async change(
    guildId: string,
    id: string,
    change: (record: Case | undefined) => Case | undefined,
  ): Promise<Case | undefined> {
    return this.#reporting(async () => {
      await this.open.mark(`${guildId}/${id}`)
      let before: Case | undefined
      const after = await this.records.all.update(`${guildId}/${id}`, (old) => {
        before = old
        return change(old)
      })
      this.#count(before, after)
      return after
    })
  }

  #count(before: Case | undefined, after: Case | undefined): void {
    const { count } = this.#deps
    if (after && !before) {
      count?.('case', after.reasons.find(opensCase)?.kind ?? 'none')
    }
    if (after && before && after.state !== before.state) {
      count?.('decision', after.state)
    }
  }

  /** Carries out the planned steps; calls for the same case wait for each other. */
  carryOut(guildId: string, id: string): Promise<void> {
    const key = `${guildId}/${id}`
    return this.#running.run(key, () => this.#reporting(() => this.#carryOut(guildId, id)))
  }

  /**
   * Waits for the step of a case that is being carried out. Of a deleted case there are no further
   * ones.
   */
  ended(key: string): Promise<void> {
    return this.#running.run(key, () => Promise.resolve())
  }

  /**
   * Reads the words of a case's pictures once more, for the entries of the list that have none. Steps
   * under way end first: one that reads these words would be taken for this one.
   */
  readWords(guildId: string, id: string): Promise<CaseReading> {
    const key = `${guildId}/${id}`
    const read = async () => {
      if (await this.records.of(guildId, id)) {
        await this.change(guildId, id, (old) => old && withSketch(old))
        await this.#carryOut(guildId, id)
      }
      const record = await this.records.of(guildId, id)
      const step = record?.steps.find((one) => one.id === 'sketch')
      return step?.problem === 'unread' ? 'unread' : 'ended'
    }
    return this.#running.run(key, () => this.#reporting(read))
  }

  /** Waits for running steps and descriptions. */
  async settle(): Promise<void> {
    while (this.#running.size + this.#describing.size > 0) {
      await this.#running.settle()
      await Promise.all(this.#describing.values())
    }
  }

  /** Stops; descriptions that are not finished are left for the next process. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.settle()
  }

  /** Resumes what another process, or a failure, left unfinished. */
  async resume(): Promise<void> {
    for await (const [key] of this.open.collection.entries()) {
      const [guildId = '', id = ''] = key.split('/')
      if (this.#deps.ownsGuild?.(guildId) === false) {
        continue
      }
      await this.carryOut(guildId, id).catch((error: unknown) => {
        this.#deps.log.error({ err: error }, 'a case could not be resumed')
      })
    }
  }

  /** Reports a failure to `interrupted`, and rethrows it. */
  async #reporting<R>(work: () => Promise<R>): Promise<R> {
    try {
      return await work()
    } catch (error) {
      if (!this.#stopped.signal.aborted) {
        this.#deps.interrupted?.()
      }
      throw error
    }
  }

  async #carryOut(guildId: string, id: string): Promise<void> {
    const key = `${guildId}/${id}`
    for (;;) {
      const record = await this.records.all.get(key)
      const step = record && nextStep(record)
      if (!record || !step) {
        await this.#finish(key, record)
        return
      }
      const { problem = null, change } = await this.#try(() =>
        OPENS_PICTURES.has(step.id)
          ? this.open.attempt(key, step.id, (attempt) => this.#steps.do(record, step, attempt))
          : this.#steps.do(record, step),
      )
      this.#deps.count?.(problem === null ? 'action' : 'problem', step.id.split('/')[0] ?? step.id)
      const now = await this.records.all.update(
        key,
        (old) => old && withStep(old, step.id, problem, change, Date.now()),
      )
      await this.#deleteDuplicate(record, change?.log, now?.log)
      if (now && now.copies.length > record.copies.length) {
        await this.#show(now) // before anything of it is removed
      }
    }
  }

  /** Where two processes posted the case, deletes the message that is not in the record. */
  async #deleteDuplicate(
    record: Case,
    ours: Case['log'] | undefined,
    recorded: Case['log'] | undefined,
  ) {
    if (ours && recorded && ours.messageId !== recorded.messageId) {
      const { channelId, messageId } = ours
      await this.#try(async () => {
        await this.#deps.actions.delete(channelId, messageId, reasonOf(record, 'second'))
        return {}
      })
    }
  }

  /** Updates the message and deletes the mark; the mark is set again if steps were planned meanwhile. */
  async #finish(key: string, record: Case | undefined): Promise<void> {
    if (record) {
      await this.#show(record)
    }
    if (record && isUndescribed(record)) {
      this.#describeLater(key, record)
      return
    }
    await this.open.collection.delete(key)
    const now = await this.records.all.get(key)
    if (now && (nextStep(now) || isUndescribed(now))) {
      await this.open.mark(key)
    }
  }

  /** Starts the description in the background; it is added to the case when it is done. */
  #describeLater(key: string, record: Case): void {
    if (this.#describing.has(key) || this.#stopped.signal.aborted) {
      return
    }
    const describing = this.#reporting(() => this.#describeAndShow(key, record))
      .catch((error: unknown) => {
        if (!this.#stopped.signal.aborted) {
          this.#deps.log.error({ err: error }, 'a case could not be described')
        }
      })
      .finally(() => this.#describing.delete(key))
    this.#describing.set(key, describing)
  }

  async #describeAndShow(key: string, { guildId, id }: Case): Promise<void> {
    const now = await this.records.all.get(key)
    if (!now) {
      return
    }
    const describe = () =>
      this.#try(() =>
        this.open.attempt(key, 'describe', (attempt) =>
          attempt > MAX_ATTEMPTS ? Promise.resolve({ problem: 'unsafe' }) : this.#describe(now),
        ),
      )
    // One at a time, so that the end of the process is counted for the right one.
    const { problem = null, change } = (await this.open.isSuspect(key))
      ? await this.#suspects.run('describe', describe)
      : await describe()
    if (this.#stopped.signal.aborted) {
      return // left for the next process
    }
    await this.records.all.update(
      key,
      (old) => old && withStep(old, 'describe', problem, change, Date.now()),
    )
    this.#pictures.forget(id)
    await this.carryOut(guildId, id)
  }

  async #show(record: Case): Promise<void> {
    if (record.log) {
      const body = caseBody(record, catalogFor(record.locale))
      const { channelId, messageId } = record.log
      try {
        await this.#deps.actions.edit(channelId, messageId, body)
      } catch (error) {
        if (problemOf(error) === 'gone') {
          await this.records.forgetWordsOf(`${record.guildId}/${record.id}`)
        }
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
      // The step stays planned; it is repeated when the case is resumed.
      if (this.#stopped.signal.aborted || isTransportError(error)) {
        throw error
      }
      this.#deps.log.error({ err: error }, 'a step of a case failed')
      return 'failed'
    }
  }

  async #describe(record: Case): Promise<Outcome> {
    const { captions, words } = await this.#pictures.describe(record, this.#stopped.signal)
    // Without evidence, nobody is shown the words.
    const isShown = record.log !== null
    return captions.length > 0
      ? { change: { captions, words: isShown ? words : null } }
      : { problem: 'gone' }
  }
}

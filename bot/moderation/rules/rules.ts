/**
 * Rules: each picture that the detector let pass is scored by the questions, the words and the texts that
 * managers set up (rule-scores.ts).
 *
 * Scoring has the engine's lowest urgency, and the queue is limited and in memory only. A hit becomes
 * a case like any other. A rule deletes a message only if the managers of the server allow it, staff
 * confirmed enough of its hits, and the case is posted. The case stays open for staff to decide, so
 * that the rule's statistics continue.
 */

import type { Message } from 'discord.js'
import type { Logger } from 'pino'
import type { CountModeration } from '../../operations/metrics.ts'
import type { FoundPicture } from '../../../commands/picture.ts'
import type { RuleScore, RulesService } from '../../../commands/moderation/rules-service.ts'
import { InputError } from '../../../config/errors.ts'
import type { Rule } from '../../../commands/moderation/rule.ts'
import { isActive } from '../../../commands/moderation/settings.ts'
import type { RequestOptions } from '../../../inference/contract/types.ts'
import { DeletedError, type Deletions, type TrackedWork } from '../../memory/deletions.ts'
import type { Store } from '../../store/types.ts'
import type { FetchPicture } from '../../pictures/download.ts'
import type { Pictures } from '../../pictures/pictures.ts'
import { allows, decided, withDeletion } from '../cases/case.ts'
import { ITSELF } from '../cases/case-record.ts'
import type { CaseExecutor } from '../cases/executor.ts'
import { burstOf, type GuildModeration } from '../settings.ts'
import { RuleStore } from './rule-store.ts'
import { recordOf } from './rule-record.ts'
import { rulesService } from './rules-service.ts'
import { RuleScores, type ScoringModel } from './rule-scores.ts'
import { RuleQueue } from './rule-queue.ts'
import { bestOf, type Hit, hitOf, reasonOf, wordPointsOf } from './hits.ts'
import { waveOf } from './wave.ts'
import { isExempt } from '../staff.ts'
import type { HashList } from '../hashes/hash-list.ts'
import { dismisses } from '../hashes/loaded-hashes.ts'
import type { PictureWords } from '../hashes/picture-words.ts'
import type { Detector } from '../detector.ts'

/** Messages that may wait for the model. */
const MAX_WAITING = 64
/** Deadline of an answer, milliseconds. */
const DEADLINE_MS = 10 * 60_000
/** How a hit is counted in the metrics. */
const HITS = { question: 'hit', words: 'words-hit', match: 'match-hit' } as const

export type RulesDeps = {
  readonly store: Store
  readonly guilds: GuildModeration
  readonly hashList: HashList
  readonly words: PictureWords
  readonly detector: Detector
  readonly pictures: Pictures
  readonly executor: CaseExecutor
  readonly deletions: Deletions
  /** Downloads a file of words, which is not a picture. */
  readonly fetchPicture: FetchPicture
  readonly model: ScoringModel
  readonly log: Logger
  readonly count?: CountModeration | undefined
  /** Messages that may wait for the model. Default 64. */
  readonly waiting?: number
}

/** A message that waits for the model. */
type Waiting = Examined & { readonly message: Message<true> }

/** Pictures that the detector has examined. */
type Examined = {
  readonly pictures: readonly FoundPicture[]
  /** Snowflake of the moment when the message came. */
  readonly startedBy: string
}

export class Rules {
  readonly ruleStore: RuleStore
  readonly #deps: RulesDeps
  readonly #scores: RuleScores
  readonly #queue: RuleQueue<Waiting>
  /** Messages that were not scored because the queue was full, by server, since the start. */
  readonly #dropped = new Map<string, number>()
  /** Pictures that were not scored because the model does not know such, by server, since the start. */
  readonly #unknown = new Map<string, number>()
  readonly #stopped = new AbortController()

  constructor(deps: RulesDeps) {
    this.#deps = deps
    this.#scores = new RuleScores(deps)
    this.ruleStore = new RuleStore(deps.store)
    this.#queue = new RuleQueue({
      limit: deps.waiting ?? MAX_WAITING,
      work: (waiting) => this.#scoreUnlessDeleted(waiting),
      failed: (error) => this.#failed(error),
      dropped: ({ message: { guildId } }) => {
        this.#dropped.set(guildId, (this.#dropped.get(guildId) ?? 0) + 1)
        deps.log.warn('too many pictures for the rules')
      },
    })
  }

  /** Queues pictures that the detector has examined, if a rule applies to the message. */
  async onMessage(message: Message<true>, examined: Examined): Promise<void> {
    if (examined.pictures.length > 0 && (await this.#rulesFor(message)).length > 0) {
      this.#queue.add({ message, ...examined })
    }
  }

  /** Waits until the queue is empty. */
  settle(): Promise<void> {
    return this.#queue.settle()
  }

  /** Stops; waiting messages are dropped. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#queue.stop()
  }

  /** Deletes everything of a server. */
  async forgetGuild(guildId: string): Promise<void> {
    await this.ruleStore.collection.delete(guildId)
    this.#dropped.delete(guildId)
    this.#unknown.delete(guildId)
  }

  /** The service that the commands use. */
  service(): RulesService {
    return rulesService({
      ...this.#deps,
      ruleStore: this.ruleStore,
      scores: this.#scores,
      dropped: (guildId) => this.#dropped.get(guildId) ?? 0,
      unknown: (guildId) => this.#unknown.get(guildId) ?? 0,
      options: (guildId) => this.#options(guildId),
    })
  }

  /** The rules that apply to a message now. */
  async #rulesFor(message: Message<true>): Promise<readonly Rule[]> {
    const { settings } = await this.#deps.guilds.of(message.guildId)
    if (!isActive(settings) || isExempt(message, settings)) {
      return []
    }
    return (await this.ruleStore.of(message.guildId)).filter((rule) => appliesTo(rule, message))
  }

  #scoreUnlessDeleted(waiting: Waiting): Promise<void> {
    const { startedBy, message } = waiting
    const subjects = [`guild/${message.guildId}`, `user/${message.author.id}`] as const
    return this.#deps.deletions.track({ startedBy, subjects }, (tracked) =>
      this.#score(waiting, tracked),
    )
  }

  async #score({ message, pictures }: Waiting, tracked: TrackedWork): Promise<void> {
    const { detector, hashList, guilds } = this.#deps
    const { guildId } = message
    const rules = await this.#rulesFor(message) // as of now, not of when it was queued
    if (rules.length === 0 || (await detector.caseOf(message)) !== null) {
      return
    }
    const { settings, hashListVersion } = await guilds.of(guildId)
    const scores: RuleScore[] = []
    for (const { picture, print } of await this.#deps.pictures.decodeAll(pictures)) {
      const reading = { guildId, memberId: message.author.id, signal: tracked.signal }
      const read = () => this.#deps.words.ofPicture(picture, reading)
      // A picture without structure is on no list, so no decision of staff about it is known.
      const match = print && (await hashList.match(guildId, print, hashListVersion, read))
      if (!dismisses(match ?? undefined)) {
        const options = { ...this.#options(guildId, tracked.signal), urgency: 'bulk' } as const
        scores.push(...(await this.#counted(guildId, picture, rules, options)))
      }
    }
    const best = bestOf(scores)
    const words = wordPointsOf(best)
    const postings =
      words.length > 0 ? await tracked.write(() => detector.noteWords(message, words)) : []
    const hits = best.flatMap((score) => {
      const wave = waveOf(postings, message.id, score.rule.id, burstOf(settings))
      return hitOf(score, wave) ?? []
    })
    if (hits.length > 0) {
      for (const { rule } of hits) {
        this.#deps.count?.('rule', HITS[rule.kind])
      }
      await tracked.write(() => this.#hit(message, hits))
    }
  }

  async #hit(message: Message<true>, hits: readonly Hit[]): Promise<void> {
    const { detector, executor, guilds } = this.#deps
    const { guildId } = message
    const wave = hits.flatMap(({ messages }) => messages)
    const opened = await detector.openCase(message, hits.map(reasonOf), { wave })
    const record = opened && (await executor.records.of(guildId, opened.id))
    const { settings } = await guilds.of(guildId)
    // Staff could not review the removal if the case is not posted.
    if (!record || record.log === null || settings.mode !== 'act') {
      return
    }
    const removing = hits.filter(({ rule }) => rule.action === 'remove')
    const earned = await Promise.all(removing.map(({ rule }) => this.#hasEarned(rule, guildId)))
    if (earned.includes(true)) {
      const choice = { action: 'delete', by: ITSELF, now: Date.now() } as const
      await executor.change(guildId, record.id, (old) =>
        old && allows(old, 'delete')
          ? decided(old, choice, settings)
          : old && withDeletion(old, message.id),
      )
      await executor.carryOut(guildId, record.id)
    }
  }

  /** Scores a picture, and counts those that the model does not know. */
  async #counted(
    guildId: string,
    picture: FoundPicture,
    rules: readonly Rule[],
    options: RequestOptions,
  ): Promise<readonly RuleScore[]> {
    const scores = await this.#scores.of(picture, rules, options)
    const { matcher } = this.#deps.model
    if (scores.some(({ rule, score }) => score === null && (rule.kind !== 'match' || matcher))) {
      this.#unknown.set(guildId, (this.#unknown.get(guildId) ?? 0) + 1)
    }
    return scores
  }

  /** @param deleted aborted when the message is not to be scored any more. */
  #options(guild: string, deleted?: AbortSignal): RequestOptions {
    const stopped = this.#stopped.signal
    const signal = deleted ? AbortSignal.any([stopped, deleted]) : stopped
    return { tenant: guild, signal, deadline: Date.now() + DEADLINE_MS }
  }

  /** Whether staff decided enough of a rule's hits, so that it may delete messages. */
  async #hasEarned(rule: Rule, guildId: string): Promise<boolean> {
    return recordOf(rule, await this.#deps.executor.records.ofJudgedRule(guildId, rule.id)).earned
  }

  #failed(error: unknown): void {
    // A full queue, an unreadable picture, or deleted: no one waits for this answer.
    const isExpected = error instanceof InputError || error instanceof DeletedError
    if (!isExpected && !this.#stopped.signal.aborted) {
      this.#deps.log.error({ err: error }, 'a rule failed')
    }
  }
}

function appliesTo({ channels, ageRestricted }: Rule, { channel }: Message<true>): boolean {
  const base = channel.isThread() ? channel.parent : channel
  const restricted = base !== null && 'nsfw' in base && base.nsfw
  return (
    (ageRestricted || !restricted) &&
    (channels.length === 0 ||
      channels.includes(channel.id) ||
      (base !== null && channels.includes(base.id)))
  )
}

/**
 * Questions as rules: the model scores each picture that the detector let pass, as the probability of
 * "yes".
 *
 * Scoring has the engine's lowest urgency, and the queue is limited and in memory only. A hit becomes
 * a case like any other. A rule deletes a message only if the managers of the server allow it, staff
 * confirmed enough of its hits, and the case is posted. The case stays open for staff to decide, so
 * that the rule's statistics continue.
 */

import { randomBytes } from 'node:crypto'
import type { Message } from 'discord.js'
import type { Logger } from 'pino'
import type { CountModeration } from '../../operations/metrics.ts'
import type { FoundPicture } from '../../../commands/picture.ts'
import type {
  ModelLimits,
  RuleRecord,
  RulesService,
} from '../../../commands/moderation/rules-service.ts'
import { hasCode, InputError } from '../../../config/errors.ts'
import type { Rule } from '../../../commands/moderation/rule.ts'
import { isActive } from '../../../commands/moderation/settings.ts'
import { knownQuestion } from '../../../inference/text/known-question.ts'
import { judgePicture } from '../../../inference/domain/judge-picture.ts'
import type { Model, RequestOptions } from '../../../inference/contract/types.ts'
import type { ModelCard } from '../../../inference/package/model-card.ts'
import type { Store } from '../../store/types.ts'
import type { Pictures } from '../../pictures/pictures.ts'
import { decided } from '../cases/case.ts'
import { ITSELF } from '../cases/case-record.ts'
import type { CaseExecutor } from '../cases/executor.ts'
import type { GuildModeration } from '../settings.ts'
import type { Reason } from '../hashes/reasons.ts'
import { RuleStore } from './rule-store.ts'
import { drawRuleChart } from './rule-chart.ts'
import { recordOf } from './rule-record.ts'
import { scoreQuestion } from './score-question.ts'
import { RuleQueue } from './rule-queue.ts'
import { isExempt } from '../staff.ts'
import type { HashList } from '../hashes/hash-list.ts'
import { dismisses } from '../hashes/loaded-hashes.ts'
import type { PictureWords } from '../hashes/picture-words.ts'
import type { Detector } from '../detector.ts'

/** Messages that may wait for the model. */
const MAX_WAITING = 64
/** Deadline of an answer, milliseconds. */
const DEADLINE_MS = 10 * 60_000
/** The weight of a hit: enough for a case. */
const WEIGHT = 3

export type RulesDeps = {
  readonly store: Store
  readonly guilds: GuildModeration
  readonly hashList: HashList
  readonly words: PictureWords
  readonly detector: Detector
  readonly pictures: Pictures
  readonly executor: CaseExecutor
  readonly model: Pick<Model, 'card' | 'describe' | 'score'>
  readonly log: Logger
  readonly count?: CountModeration | undefined
  /** Messages that may wait for the model. Default 64. */
  readonly waiting?: number
}

/** A message that waits for the model. */
type Waiting = { readonly message: Message<true>; readonly pictures: readonly FoundPicture[] }

/** A rule with its probability of "yes" for a picture. */
type Scored = { readonly rule: Rule; readonly score: number }

export class Rules {
  readonly ruleStore: RuleStore
  readonly #deps: RulesDeps
  readonly #queue: RuleQueue<Waiting>
  /** Messages that were not scored because the queue was full, by server, since the start. */
  readonly #dropped = new Map<string, number>()
  /** Pictures that were not scored because the model does not know such, by server, since the start. */
  readonly #unknown = new Map<string, number>()
  readonly #stopped = new AbortController()

  constructor(deps: RulesDeps) {
    this.#deps = deps
    this.ruleStore = new RuleStore(deps.store)
    this.#queue = new RuleQueue({
      limit: deps.waiting ?? MAX_WAITING,
      work: (waiting) => this.#score(waiting),
      failed: (error) => this.#failed(error),
      dropped: ({ message: { guildId } }) => {
        this.#dropped.set(guildId, (this.#dropped.get(guildId) ?? 0) + 1)
        deps.log.warn('too many pictures for the rules')
      },
    })
  }

  /** Queues pictures that the detector has examined, if a rule applies to the message. */
  async onMessage(message: Message<true>, pictures: readonly FoundPicture[]): Promise<void> {
    if (pictures.length > 0 && (await this.#rulesFor(message)).length > 0) {
      this.#queue.add({ message, pictures })
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
    return {
      limits: () => limitsOf(this.#deps.model.card),
      list: (guildId) => this.ruleStore.of(guildId),
      dropped: (guildId) => this.#dropped.get(guildId) ?? 0,
      unknown: (guildId) => this.#unknown.get(guildId) ?? 0,
      put: (guildId, wish) => this.ruleStore.put(guildId, wish, randomBytes(6).toString('hex')),
      remove: (guildId, name) => this.ruleStore.remove(guildId, name),
      test: (guildId, picture) => this.#test(guildId, picture),
      stats: async (guildId, name) =>
        this.#record(await this.ruleStore.named(guildId, name), guildId),
      chart: ({ reviewed, rule }, words) =>
        drawRuleChart({ reviewed, threshold: rule.threshold, words }),
    }
  }

  /** The rules that apply to a message now. */
  async #rulesFor(message: Message<true>): Promise<readonly Rule[]> {
    const { settings } = await this.#deps.guilds.of(message.guildId)
    if (!isActive(settings) || isExempt(message, settings)) {
      return []
    }
    return (await this.ruleStore.of(message.guildId)).filter((rule) => appliesTo(rule, message))
  }

  async #score({ message, pictures }: Waiting): Promise<void> {
    const { detector, hashList, words, guilds } = this.#deps
    const { guildId } = message
    const rules = await this.#rulesFor(message) // as of now, not of when it was queued
    if (rules.length === 0 || (await detector.caseOf(message)) !== null) {
      return
    }
    const { hashListVersion } = await guilds.of(guildId)
    const best = new Map<Rule, number>()
    for (const { picture, print } of await this.#deps.pictures.fingerprintAll(pictures)) {
      const reading = { guildId, memberId: message.author.id }
      const read = () => words.ofPicture(picture, reading)
      if (!dismisses(await hashList.match(guildId, print, hashListVersion, read))) {
        const options = { ...this.#options(guildId), urgency: 'bulk' } as const
        for (const { rule, score } of await this.#scoresOrNone(picture, rules, guildId, options)) {
          best.set(rule, Math.max(score, best.get(rule) ?? 0))
        }
      }
    }
    const hits = [...best]
      .map(([rule, score]) => ({ rule, score }))
      .filter(({ rule, score }) => score >= rule.threshold)
    if (hits.length > 0) {
      this.#deps.count?.('rule', 'hit', hits.length)
      await this.#hit(message, hits)
    }
  }

  async #hit(message: Message<true>, hits: readonly Scored[]): Promise<void> {
    const { detector, executor, guilds } = this.#deps
    const { guildId } = message
    const reasons = hits.map(({ rule, score }): Reason => {
      const { id, name, timeoutMinutes } = rule
      const removes = rule.action === 'remove'
      return { kind: 'rule', weight: WEIGHT, rule: id, name, score, removes, timeoutMinutes }
    })
    const opened = await detector.openCase(message, reasons)
    const record = opened && (await executor.of(guildId, opened.id))
    const { settings } = await guilds.of(guildId)
    // Staff could not review the removal if the case is not posted.
    if (!record || record.log === null || settings.mode !== 'act') {
      return
    }
    const removing = hits.filter(({ rule }) => rule.action === 'remove')
    const earned = await Promise.all(removing.map(({ rule }) => this.#hasEarned(rule, guildId)))
    if (earned.includes(true)) {
      const choice = { action: 'delete', by: ITSELF, now: Date.now() } as const
      await executor.change(guildId, record.id, (old) => old && decided(old, choice, settings))
      await executor.carryOut(guildId, record.id)
    }
  }

  /** Without scores where the model does not know such pictures, which is counted. */
  async #scoresOrNone(
    picture: FoundPicture,
    rules: readonly Rule[],
    guildId: string,
    options: RequestOptions,
  ): Promise<Scored[]> {
    try {
      return await this.#scores(picture, rules, options)
    } catch (error) {
      if (!hasCode(error, 'rule/outside-domain')) {
        throw error
      }
      this.#unknown.set(guildId, (this.#unknown.get(guildId) ?? 0) + 1)
      return []
    }
  }

  /** @throws {InputError} `rule/outside-domain` if the model does not know such pictures. */
  async #scores(
    picture: FoundPicture,
    rules: readonly Rule[],
    options: RequestOptions,
  ): Promise<Scored[]> {
    const { model, pictures } = this.#deps
    const image = await pictures.source(picture, options.signal)
    const scored: Scored[] = []
    try {
      const { judgment } = await judgePicture(model, image, options)
      if (judgment.verdict === 'outside') {
        throw new InputError('rule/outside-domain', { knows: model.card.domain?.knows ?? null })
      }
      for (const rule of rules) {
        scored.push({ rule, score: await scoreQuestion(model, image, rule.question, options) })
      }
    } finally {
      await pictures.settle([image])
    }
    return scored
  }

  #options(guild: string): RequestOptions {
    return { tenant: guild, signal: this.#stopped.signal, deadline: Date.now() + DEADLINE_MS }
  }

  async #test(guildId: string, picture: FoundPicture): Promise<Scored[]> {
    const [comparable] = await this.#deps.pictures.fingerprintAll([picture])
    if (!comparable) {
      throw new InputError('image/plain')
    }
    // A person waits for this.
    return this.#scores(picture, await this.ruleStore.of(guildId), this.#options(guildId))
  }

  async #record(rule: Rule, guildId: string): Promise<RuleRecord> {
    const { executor } = this.#deps
    const judged = await executor.ofJudgedRule(guildId, rule.id)
    return { ...recordOf(rule, judged), hits: await executor.countOfRule(guildId, rule.id) }
  }

  /** Whether staff decided enough of a rule's hits, so that it may delete messages. */
  async #hasEarned(rule: Rule, guildId: string): Promise<boolean> {
    return recordOf(rule, await this.#deps.executor.ofJudgedRule(guildId, rule.id)).earned
  }

  #failed(error: unknown): void {
    // A full queue or an unreadable picture: no one waits for this answer, so it is not reported.
    if (!(error instanceof InputError) && !this.#stopped.signal.aborted) {
      this.#deps.log.error({ err: error }, 'a rule failed')
    }
  }
}

/** What rules may ask, as the card says. */
function limitsOf(card: Pick<ModelCard, 'domain' | 'languages' | 'questions'>): ModelLimits {
  const { languages, domain } = card
  return {
    languages,
    knows: domain?.knows ?? null,
    unknownWords: (question) => knownQuestion(card, question).unknown,
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

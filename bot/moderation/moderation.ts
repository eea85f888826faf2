/** Builds moderation: its events, buttons and commands, and what it stores about users. */

import type { Client, Message, PartialMessage } from 'discord.js'
import type { Logger } from 'pino'
import type { CountModeration } from '../operations/metrics.ts'
import type { PrivacyService } from '../../commands/command.ts'
import type { FoundPicture, PictureLink } from '../../commands/picture.ts'
import type { CaseSummary, ModerationService } from '../../commands/moderation/service.ts'
import { isActive } from '../../commands/moderation/settings.ts'
import { InputError } from '../../config/errors.ts'
import type { Model } from '../../inference/contract/types.ts'
import { picturesIn } from '../discord/message-pictures.ts'
import { Recovery } from '../operations/recovery.ts'
import type { Store } from '../store/types.ts'
import { CaseButtons } from './cases/buttons.ts'
import { CasePictures } from './cases/pictures.ts'
import type { Case } from './cases/case.ts'
import { CaseExecutor } from './cases/executor.ts'
import { caseName, linkTo } from './cases/message.ts'
import { ModerationActions } from './cases/discord-actions.ts'
import type { FetchPicture } from '../pictures/download.ts'
import { EvidenceMemory } from '../pictures/evidence.ts'
import type { Pictures } from '../pictures/pictures.ts'
import { GuildModeration } from './settings.ts'
import { writeHashFile } from './hashes/hash-file.ts'
import { readHashFile } from './hashes/read-hash-file.ts'
import { deleteUserRecords, moderationRecordsOf } from './privacy.ts'
import { POSTING_LIFE_MS, postingsSpace } from './hashes/postings.ts'
import { Reports } from './reports.ts'
import { DuplicatePosts } from './hashes/duplicate-posts.ts'
import { Rules } from './rules/rules.ts'
import { demandManager, demandStaff } from './staff.ts'
import { checkSetup } from './setup-check.ts'
import { codeOf, type HashEntry, hashEntryOf } from './hashes/hash-entry.ts'
import { HashList } from './hashes/hash-list.ts'
import { Detector } from './detector.ts'
import { drawWeeklyChart, weeklyStats, weekOf } from './weekly-stats.ts'

const MAX_FILE_BYTES = 8 * 2 ** 20

export type ModerationDeps = {
  readonly store: Store
  readonly model: Pick<Model, 'card' | 'describe' | 'score'>
  readonly pictures: Pictures
  /** Downloads a hash list, which is a file and not a picture. */
  readonly fetchPicture: FetchPicture
  readonly log: Logger
  readonly count?: CountModeration | undefined
  /** Delay after a failure before cases are resumed. Tests use a shorter one. */
  readonly retryAfterMs?: number
}

export class Moderation {
  readonly buttons: CaseButtons
  readonly executor: CaseExecutor
  readonly rules: Rules
  readonly duplicatePosts: DuplicatePosts
  readonly reports: Reports
  readonly #detector: Detector
  readonly #recovery: Recovery
  readonly #guilds: GuildModeration
  readonly #hashList: HashList
  readonly #evidence = new EvidenceMemory()
  readonly #deps: ModerationDeps

  constructor(
    client: Client,
    deps: ModerationDeps,
    actions: ModerationActions = new ModerationActions(client),
  ) {
    const { store, pictures } = deps
    const evidence = this.#evidence
    const guilds = new GuildModeration(store)
    const hashList = new HashList(store, guilds)
    const casePictures = new CasePictures({ ...deps, actions, memory: evidence })
    const postings = postingsSpace(store)
    this.#recovery = new Recovery({
      work: () => this.#resume(),
      log: deps.log,
      failure: 'cases could not be resumed',
      ...(deps.retryAfterMs !== undefined && { retryAfterMs: deps.retryAfterMs }),
    })
    const interrupted = () => this.#recovery.later()
    const forWork = { actions, guilds, hashList, casePictures, postings, interrupted }
    this.executor = new CaseExecutor({ ...deps, ...forWork })
    const localeOf = (guildId: string) => actions.localeOf(guildId)
    const { executor } = this
    this.#detector = new Detector({
      store,
      guilds,
      hashList,
      evidence,
      executor,
      localeOf,
      pictures,
      count: deps.count,
    })
    this.rules = new Rules({ ...deps, guilds, hashList, executor, detector: this.#detector })
    this.duplicatePosts = new DuplicatePosts(store, this.#detector, pictures)
    this.buttons = new CaseButtons({ guilds, executor: this.executor, actions })
    this.#guilds = guilds
    this.#hashList = hashList
    this.#deps = deps
    this.reports = new Reports(store, {
      ...deps,
      guilds,
      hashList,
      executor,
      detector: this.#detector,
    })
  }

  /** Examines a message if moderation is active on its server; the model's rules run later, in the background. */
  async onMessage(message: Message): Promise<void> {
    if (message.inGuild() && picturesIn(message).length > 0) {
      try {
        const pictures = await this.#detector.onMessage(message)
        await this.rules.onMessage(message, pictures)
        await this.duplicatePosts.onMessage(message)
      } catch (error) {
        this.#recovery.later() // it may have been noted for a case that is not opened yet
        throw error
      }
    }
  }

  /**
   * Examines pictures that were added after posting: the preview of a link, or by an edit. Discord
   * sends updates for many other changes and for old messages too; those are ignored.
   */
  async onMessageUpdate(message: Message | PartialMessage): Promise<void> {
    const shownAt = message.editedTimestamp ?? message.createdTimestamp
    if (message.guildId !== null && Date.now() - shownAt < POSTING_LIFE_MS) {
      await this.onMessage(message.partial ? await message.fetch() : message)
    }
  }

  /**
   * Whether the bot may show a picture on a server: not if the server's moderators judged it. Nobody
   * posts through the bot what would be removed from their own messages.
   */
  async mayShow(guildId: string, picture: FoundPicture): Promise<boolean> {
    const { settings, hashListVersion } = await this.#guilds.of(guildId)
    if (!isActive(settings)) {
      return true
    }
    const [comparable] = await this.#deps.pictures.fingerprintAll([picture])
    const match =
      comparable && (await this.#hashList.match(guildId, comparable.print, hashListVersion))
    return match?.entry.verdict !== 'confirmed'
  }

  /** Resumes what another process left unfinished; if that fails, it is retried until it succeeds. */
  resume(): Promise<void> {
    return this.#recovery.now()
  }

  async #resume(): Promise<void> {
    await this.#detector.resume()
    await this.executor.resume()
  }

  /** The servers that have settings of moderation. */
  guildsWithSettings(): AsyncIterable<string> {
    return this.#guilds.collection.keys()
  }

  /** Deletes everything of a server. */
  async forgetGuild(guildId: string): Promise<void> {
    const prefix = `${guildId}/`
    for await (const key of this.executor.cases.keys(prefix)) {
      this.#evidence.forget(key.slice(prefix.length))
    }
    await this.#guilds.collection.delete(guildId)
    await this.#hashList.deleteGuild(guildId)
    await this.rules.forgetGuild(guildId)
    await this.duplicatePosts.forgetGuild(guildId)
    for (const space of [
      this.executor.cases,
      this.executor.open.collection,
      this.#detector.postings,
      this.reports.cooldowns,
    ]) {
      await space.deleteAll(prefix)
    }
  }

  /**
   * Deletes the records about a user, and their name from others'.
   *
   * @returns how many records there were.
   */
  forgetUser(userId: string): Promise<number> {
    return deleteUserRecords(this.#userSpaces(), userId, (id) => this.#evidence.forget(id))
  }

  /** /privacy, extended with moderation's records. */
  withPrivacy(rest: PrivacyService): PrivacyService {
    return {
      ...rest,
      records: async (userId) => [
        ...(await rest.records(userId)),
        ...(await moderationRecordsOf(this.#userSpaces(), userId)),
      ],
    }
  }

  /** Waits for running steps; descriptions that the model has not finished are left for the next process. */
  async stop(): Promise<void> {
    this.#recovery.stop()
    await this.rules.stop()
    await this.executor.stop()
  }

  /** The service that the commands use. */
  service(): ModerationService {
    const guilds = this.#guilds
    const hashList = this.#hashList
    return {
      of: async (guildId) => (await guilds.of(guildId)).settings,
      change: (guildId, change) => guilds.change(guildId, change),
      demand: async (interaction, who) => {
        if (who === 'manager') {
          demandManager(interaction)
        } else {
          demandStaff(interaction, (await guilds.of(interaction.guildId ?? '')).settings)
        }
      },
      checkSetup: async ({ guild }, text) =>
        guild ? checkSetup(guild, (await guilds.of(guild.id)).settings, text) : [],
      list: async (guildId) => (await hashList.list(guildId)).map(withCode),
      findCase: async (guildId, wanted) => {
        const record =
          'id' in wanted
            ? await this.executor.of(guildId, wanted.id)
            : await this.executor.ofNumber(guildId, wanted.number)
        return record && summaryOf(record)
      },
      add: async (interaction, picture, note) => {
        const guildId = interaction.guildId ?? ''
        const { settings } = await guilds.of(guildId)
        const { print } = await this.#comparable(picture)
        const by = interaction.user.id
        const decision = { verdict: 'confirmed', by, caseId: null, note } as const
        const entry = hashEntryOf(print, { ...decision, distance: settings.distance })
        await hashList.putOne(guildId, entry)
        return codeOf(entry)
      },
      remove: async (guildId, code) =>
        (await hashList.remove(guildId, (one) => codeOf(one) === code)) > 0,
      test: async (guildId, picture) => {
        const { print } = await this.#comparable(picture)
        const { hashListVersion } = await guilds.of(guildId)
        const match = await hashList.match(guildId, print, hashListVersion)
        const { whole: hash, detail } = print
        return {
          code: codeOf({ hash, detail }),
          ...(match && { match: { ...match, entry: withCode(match.entry) } }),
        }
      },
      exported: async (guildId) => writeHashFile(await hashList.list(guildId)),
      imported: (interaction, file) =>
        this.#import(interaction.guildId ?? '', interaction.user.id, file),
      mark: (interaction) => this.reports.mark(interaction),
      allow: (interaction) => this.reports.allow(interaction),
      report: (interaction) => this.reports.report(interaction),
      rules: this.rules.service(),
      duplicatePosts: this.duplicatePosts.service(),
      weeklyStats: (guildId) => this.#weeklyStats(guildId),
      chart: drawWeeklyChart,
    }
  }

  async #weeklyStats(guildId: string) {
    const now = Date.now()
    const { from, to } = weekOf(now)
    const cases = await this.executor.ofDays(guildId, from, to)
    return weeklyStats(cases, now, await this.#guilds.beganAt(guildId))
  }

  /** The collections with records about users. */
  #userSpaces() {
    return {
      cases: this.executor.cases,
      postings: this.#detector.postings,
      hashList: this.#hashList.collection,
    }
  }

  async #comparable(picture: FoundPicture) {
    const [comparable] = await this.#deps.pictures.fingerprintAll([picture])
    if (!comparable) {
      throw new InputError('image/plain')
    }
    return comparable
  }

  async #import(guildId: string, by: string, file: PictureLink) {
    if (file.size > MAX_FILE_BYTES) {
      throw new InputError('hash/bad-file')
    }
    const bytes = await this.#deps.fetchPicture({ ...file, kind: 'file' })
    const { entries, dismissed, omitted } = await readHashFile(new Uint8Array(bytes))
    const known = new Set((await this.#hashList.list(guildId)).map(({ hash }) => hash))
    const at = Date.now()
    const fresh = entries
      .filter(({ hash }) => !known.has(hash))
      .map((entry) => ({
        ...entry,
        verdict: 'imported' as const,
        by,
        at,
        seenAt: at,
        caseId: null,
      }))
    const added = await this.#hashList.put(guildId, fresh)
    return {
      added,
      skipped: fresh.length - added + omitted,
      known: entries.length - fresh.length,
      dismissed,
    }
  }
}

function summaryOf(record: Case): CaseSummary {
  const { guildId, state, memberId, createdAt, log } = record
  const link = log && linkTo(guildId, log)
  return { name: caseName(record), state, memberId, createdAt, link }
}

function withCode(entry: HashEntry): HashEntry & { readonly code: string } {
  return { ...entry, code: codeOf(entry) }
}

/** Builds moderation: its events, buttons and commands, and what it stores about users. */

import { type Client, type Message, type PartialMessage, SnowflakeUtil } from 'discord.js'
import type { Logger } from 'pino'
import type { CountModeration } from '../operations/metrics.ts'
import type { PrivacyService } from '../../commands/command.ts'
import type { OwnsGuild } from '../../config/shards.ts'
import type { FoundPicture } from '../../commands/picture.ts'
import type { ModerationService } from '../../commands/moderation/service.ts'
import { isActive } from '../../commands/moderation/settings.ts'
import { picturesIn } from '../discord/message-pictures.ts'
import type { Deletions } from '../memory/deletions.ts'
import type { Place } from '../discord/place.ts'
import { Recovery } from '../operations/recovery.ts'
import type { Store } from '../store/types.ts'
import { CaseButtons } from './cases/buttons.ts'
import { CasePictures } from './cases/pictures.ts'
import { caseTags } from './cases/case-index.ts'
import { CaseExecutor } from './cases/executor.ts'
import type { ShownWords } from './cases/case-records.ts'
import type { CommandJobs } from '../requests/command-jobs.ts'
import { ModerationActions } from './cases/discord-actions.ts'
import type { FetchPicture } from '../pictures/download.ts'
import { EvidenceMemory } from '../pictures/evidence.ts'
import type { Pictures } from '../pictures/pictures.ts'
import { GuildModeration } from './settings.ts'
import { deleteUserRecords, moderationRecordsOf } from './privacy.ts'
import { POSTING_LIFE_MS, postingsSpace } from './hashes/postings.ts'
import { Reports } from './reports.ts'
import { DuplicatePosts } from './reposts/duplicate-posts.ts'
import type { ScoringModel } from './rules/rule-scores.ts'
import { Rules } from './rules/rules.ts'
import { HashList } from './hashes/hash-list.ts'
import { PictureWords } from './hashes/picture-words.ts'
import { Detector } from './detector.ts'
import { moderationService } from './service.ts'

export type ModerationDeps = {
  readonly store: Store
  readonly model: ScoringModel
  readonly pictures: Pictures
  readonly deletions: Deletions
  /** Downloads a hash list, which is a file and not a picture. */
  readonly fetchPicture: FetchPicture
  readonly log: Logger
  /** Acknowledges an interaction, and sees to it that its person is answered. */
  readonly deferred: CommandJobs['run']
  readonly count?: CountModeration | undefined
  /** Whether a server's events come to this process; absent: all do. */
  readonly ownsGuild?: OwnsGuild
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
  readonly #words: PictureWords
  readonly #evidence = new EvidenceMemory()
  readonly #deps: ModerationDeps

  constructor(
    client: Client,
    deps: ModerationDeps,
    actions: ModerationActions = new ModerationActions(client),
  ) {
    const { store, pictures, deletions } = deps
    const evidence = this.#evidence
    const guilds = new GuildModeration(store)
    const hashList = new HashList(store, guilds)
    const words = new PictureWords(deps)
    const casePictures = new CasePictures({ ...deps, actions, words, memory: evidence })
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
      words,
      evidence,
      executor,
      localeOf,
      pictures,
      count: deps.count,
      ownsGuild: deps.ownsGuild,
    })
    this.rules = new Rules({ ...deps, guilds, hashList, words, executor, detector: this.#detector })
    this.duplicatePosts = new DuplicatePosts(store, {
      detector: this.#detector,
      pictures,
      words,
      deletions,
    })
    this.buttons = new CaseButtons({
      guilds,
      executor,
      actions,
      deletions,
      deferred: deps.deferred,
    })
    this.#guilds = guilds
    this.#hashList = hashList
    this.#words = words
    this.#deps = deps
    const forReports = { guilds, hashList, words, executor, detector: this.#detector }
    this.reports = new Reports(store, { ...deps, ...forReports })
  }

  /** Examines a message if moderation is active on its server; the model's rules run later, in the background. */
  async onMessage(message: Message, startedBy = startOf(message)): Promise<void> {
    if (message.inGuild() && picturesIn(message).length > 0) {
      const { guildId, author } = message
      const subjects = [`guild/${guildId}`, `user/${author.id}`] as const
      try {
        let pictures: readonly FoundPicture[] = []
        // To its end: nobody escapes by deleting their data while their picture is examined.
        await this.#deps.deletions.write({ startedBy, subjects }, async () => {
          pictures = await this.#detector.onMessage(message)
        })
        if (!this.#deps.deletions.areDeleted(subjects, startedBy)) {
          await this.rules.onMessage(message, { pictures, startedBy })
          await this.duplicatePosts.onMessage(message)
        }
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
      const startedBy = startOf(message)
      await this.onMessage(message.partial ? await message.fetch() : message, startedBy)
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
    const reading = { guildId, memberId: picture.source?.authorId ?? '' }
    const read = () => this.#words.ofPicture(picture, reading)
    const match =
      comparable && (await this.#hashList.match(guildId, comparable.print, hashListVersion, read))
    return match?.entry.verdict !== 'confirmed' || match.relation === 'other'
  }

  /** Resumes what another process left unfinished; if that fails, it is retried until it succeeds. */
  resume(): Promise<void> {
    return this.#recovery.now()
  }

  async #resume(): Promise<void> {
    await this.#detector.resume(this.#deps.deletions)
    await this.executor.resume()
  }

  /** The servers that have settings of moderation. */
  guildsWithSettings(): AsyncIterable<string> {
    return this.#guilds.collection.keys()
  }

  /** Deletes everything of a server. */
  async forgetGuild(guildId: string): Promise<void> {
    const prefix = `${guildId}/`
    // First, because their steps write other records.
    for await (const key of this.executor.records.all.keys(prefix)) {
      await this.executor.records.all.delete(key)
      await this.#caseDeleted(key)
    }
    await this.#guilds.collection.delete(guildId)
    await this.#hashList.deleteGuild(guildId)
    await this.rules.forgetGuild(guildId)
    await this.duplicatePosts.forgetGuild(guildId)
    for (const space of [
      this.executor.open.collection,
      this.#detector.postings,
      this.reports.cooldowns,
    ]) {
      await space.deleteAll(prefix)
    }
  }

  /** The messages that show words of cases, in all log channels or in one. */
  shownWords(place?: Omit<ShownWords, 'messageId'>): AsyncIterable<ShownWords> {
    return this.executor.records.shownWords(place)
  }

  /** The channels where reposts are looked for. @param server null: of all servers. */
  repostPlaces(server: string | null): AsyncIterable<Place> {
    return this.duplicatePosts.places(server)
  }

  /** Messages or a channel were deleted: the words of the cases that they showed go, too. */
  async forgetEvidence(
    guildId: string,
    { messages = [], channel }: { messages?: readonly string[]; channel?: string },
  ): Promise<void> {
    await this.executor.records.forgetWords([
      ...messages.map((id) => caseTags.ofLog(guildId, id)),
      ...(channel === undefined ? [] : [caseTags.ofLogChannel(guildId, channel)]),
    ])
  }

  /** The keys of the pictures of a message that have records that are deleted with them. */
  async picturesOf(place: Place, messageId: string): Promise<readonly string[]> {
    return this.duplicatePosts.keysOf(place, messageId)
  }

  /**
   * A message was deleted, or pictures were edited out of it: what is stored of them to recognize reposts
   * goes. Postings and cases stay, because spammers delete their own messages.
   *
   * @param keys of the pictures; default: all of them.
   */
  async forgetMessage(place: Place, messageId: string, keys?: readonly string[]): Promise<void> {
    await this.duplicatePosts.forgetMessage(place, messageId, keys)
  }

  /** As `forgetMessage`, of all messages of a channel. */
  async forgetChannel(place: Place): Promise<void> {
    await this.duplicatePosts.forgetChannel(place)
  }

  /**
   * Deletes the records about a user, and their name from others'.
   *
   * @returns how many records there were.
   */
  forgetUser(userId: string): Promise<number> {
    return deleteUserRecords(this.#userSpaces(), userId, {
      caseDeleted: (key) => this.#caseDeleted(key),
      nameDeleted: (key) => this.executor.ended(key),
      wordsDeleted: (guildId) => this.#guilds.reloadHashList(guildId),
    })
  }

  /** Waits for the step of a deleted case that is being carried out: it may write other records. */
  async #caseDeleted(key: string): Promise<void> {
    await this.executor.ended(key)
    this.#evidence.forget(key.slice(key.indexOf('/') + 1))
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
    return moderationService({
      guilds: this.#guilds,
      hashList: this.#hashList,
      executor: this.executor,
      reports: this.reports,
      rules: this.rules,
      duplicatePosts: this.duplicatePosts,
      pictures: this.#deps.pictures,
      words: this.#words,
      fetchPicture: this.#deps.fetchPicture,
      deletions: this.#deps.deletions,
    })
  }

  /** The collections with records about users. */
  #userSpaces() {
    return {
      cases: this.executor.records.all,
      postings: this.#detector.postings,
      hashList: this.#hashList.collection,
    }
  }
}

/**
 * The snowflake of now, or of the message where that is later by Discord's clock: an update of an old
 * message is new work.
 */
function startOf({ id }: Pick<Message, 'id'>): string {
  const now = SnowflakeUtil.generate()
  return String(now > BigInt(id) ? now : id)
}

/** Puts moderation together: what it hears, its buttons, its commands, and what it keeps of people. */

import type { Client, Message, PartialMessage } from 'discord.js'
import type { Logger } from 'pino'
import type { PrivacyService } from '../../commands/command.ts'
import type { FoundPicture, PictureLink } from '../../commands/picture.ts'
import type { ModerationService } from '../../commands/moderation/service.ts'
import { InputError } from '../../config/errors.ts'
import type { Model } from '../../inference/types.ts'
import { picturesIn } from '../discord/message-pictures.ts'
import { Recovery } from '../operations/recovery.ts'
import type { Store } from '../store/types.ts'
import { CaseButtons } from './cases/buttons.ts'
import { CasePictures } from './cases/pictures.ts'
import type { Case } from './cases/case.ts'
import { CaseWork } from './cases/executor.ts'
import { Deeds } from './cases/discord-actions.ts'
import type { FetchPicture } from '../pictures/download.ts'
import { EvidenceMemory } from '../pictures/evidence.ts'
import type { Pictures } from '../pictures/pictures.ts'
import { GuildModeration } from './settings.ts'
import { readHashFile, writeHashFile } from './hashes/hash-file.ts'
import { forgetPerson, recordsOf } from './privacy.ts'
import { KEPT_MS, postingsSpace } from './hashes/postings.ts'
import { Pointing } from './reports.ts'
import { Reposts } from './hashes/duplicate-posts.ts'
import { Rules } from './rules/rules.ts'
import { demandManager, demandStaff } from './staff.ts'
import { troublesOf } from './setup-check.ts'
import { verdictOf, Verdicts } from './hashes/hash-list.ts'
import { Detector } from './detector.ts'
import { weekChart, weekOf } from './weekly-stats.ts'

const MAX_FILE_BYTES = 8 * 2 ** 20

export type ModerationParts = {
  readonly store: Store
  readonly model: Pick<Model, 'card' | 'describe' | 'score'>
  readonly pictures: Pictures
  /** Downloads a file that is no picture: a list of hashes. */
  readonly fetchPicture: FetchPicture
  readonly log: Logger
  /** How long after a failure cases are resumed; tests wait for less. */
  readonly retryAfterMs?: number
}

export class Moderation {
  readonly buttons: CaseButtons
  readonly work: CaseWork
  readonly rules: Rules
  readonly reposts: Reposts
  readonly pointing: Pointing
  readonly #detector: Detector
  readonly #recovery: Recovery
  readonly #guilds: GuildModeration
  readonly #verdicts: Verdicts
  readonly #evidence = new EvidenceMemory()
  readonly #parts: ModerationParts

  constructor(client: Client, parts: ModerationParts, deeds: Deeds = new Deeds(client)) {
    const { store, pictures } = parts
    const evidence = this.#evidence
    const guilds = new GuildModeration(store)
    const verdicts = new Verdicts(store, guilds)
    const casePictures = new CasePictures({ ...parts, deeds, memory: evidence })
    const postings = postingsSpace(store)
    this.#recovery = new Recovery({
      work: () => this.#resume(),
      log: parts.log,
      failure: 'cases could not be resumed',
      ...(parts.retryAfterMs !== undefined && { retryAfterMs: parts.retryAfterMs }),
    })
    const interrupted = () => this.#recovery.later()
    const forWork = { deeds, guilds, verdicts, casePictures, postings, interrupted }
    this.work = new CaseWork({ ...parts, ...forWork })
    const localeOf = (guildId: string) => deeds.localeOf(guildId)
    const { work } = this
    this.#detector = new Detector({ store, guilds, verdicts, evidence, work, localeOf, pictures })
    this.rules = new Rules({ ...parts, guilds, verdicts, work, detector: this.#detector })
    this.reposts = new Reposts(store, this.#detector, pictures)
    this.buttons = new CaseButtons({ guilds, work: this.work })
    this.#guilds = guilds
    this.#verdicts = verdicts
    this.#parts = parts
    this.pointing = new Pointing(store, {
      ...parts,
      guilds,
      verdicts,
      work,
      detector: this.#detector,
    })
  }

  /** Looks at a message, if its server wants that; the model's rules do so when they can. */
  async hear(message: Message): Promise<void> {
    if (message.inGuild() && picturesIn(message).length > 0) {
      try {
        const looked = await this.#detector.onMessage(message)
        await this.rules.hear(message, looked)
        await this.reposts.hear(message)
      } catch (error) {
        this.#recovery.later() // it may have been noted for a case that is not opened yet
        throw error
      }
    }
  }

  /**
   * Looks at what a message was given since it was posted: the preview of a link, or what an edit put
   * in. Discord tells of many other changes, and of old messages too; those are left alone.
   */
  async hearChange(message: Message | PartialMessage): Promise<void> {
    const shownAt = message.editedTimestamp ?? message.createdTimestamp
    if (message.guildId !== null && Date.now() - shownAt < KEPT_MS) {
      await this.hear(message.partial ? await message.fetch() : message)
    }
  }

  /** Resumes what another process left; if that fails, also later, until it succeeds. */
  resume(): Promise<void> {
    return this.#recovery.now()
  }

  async #resume(): Promise<void> {
    await this.#detector.resume()
    await this.work.resume()
  }

  /** Deletes everything of a server. */
  async forgetGuild(guildId: string): Promise<void> {
    for await (const [, { id }] of this.work.cases.entries(`${guildId}/`)) {
      this.#evidence.forget(id)
    }
    await this.#guilds.space.delete(guildId)
    await this.#verdicts.purge(guildId)
    await this.rules.forgetGuild(guildId)
    await this.reposts.forgetGuild(guildId)
    for (const space of [
      this.work.cases,
      this.work.open,
      this.#detector.postings,
      this.pointing.reports,
    ]) {
      await space.deleteAll(`${guildId}/`)
    }
  }

  /** /privacy with what moderation keeps. */
  withPrivacy(rest: PrivacyService): PrivacyService {
    const kept = {
      cases: this.work.cases,
      postings: this.#detector.postings,
      verdicts: this.#verdicts.space,
    }
    return {
      ...rest,
      records: async (userId) => [
        ...(await rest.records(userId)),
        ...(await recordsOf(kept, userId)),
      ],
      forget: async (userId, commandId) =>
        (await rest.forget(userId, commandId)) +
        (await forgetPerson(kept, userId, (id) => this.#evidence.forget(id))),
    }
  }

  /** Finishes what is under way; what the model has not said yet is left for the next process. */
  async stop(): Promise<void> {
    this.#recovery.stop()
    await this.rules.stop()
    await this.work.stop()
  }

  /** What the commands use. */
  service(): ModerationService {
    const guilds = this.#guilds
    const verdicts = this.#verdicts
    return {
      of: async (guildId) => (await guilds.of(guildId)).settings,
      change: (guildId, change) => guilds.change(guildId, change),
      demand: async (use, who) => {
        if (who === 'manager') {
          demandManager(use)
        } else {
          demandStaff(use, (await guilds.of(use.guildId ?? '')).settings)
        }
      },
      troubles: async ({ guild }, text) =>
        guild ? troublesOf(guild, (await guilds.of(guild.id)).settings, text) : [],
      list: (guildId) => verdicts.list(guildId),
      add: async (use, picture, note) => {
        const guildId = use.guildId ?? ''
        const { settings } = await guilds.of(guildId)
        const { print } = await this.#comparable(picture)
        const by = use.user.id
        const said = { verdict: 'confirmed', by, caseId: null, note } as const
        const verdict = verdictOf(print, { ...said, distance: settings.distance })
        await verdicts.putOne(guildId, verdict)
        return verdict.hash
      },
      remove: async (guildId, hash) =>
        (await verdicts.remove(guildId, (one) => one.hash === hash)) > 0,
      test: async (guildId, picture) => {
        const { print } = await this.#comparable(picture)
        const match = await verdicts.match(guildId, print, (await guilds.of(guildId)).list)
        const found = match && { picture: match.verdict, distance: match.distance }
        return { hash: print.whole, ...(found && { found }) }
      },
      exported: async (guildId) => writeHashFile(await verdicts.list(guildId)),
      imported: (use, file) => this.#import(use.guildId ?? '', use.user.id, file),
      mark: (use) => this.pointing.mark(use),
      allow: (use) => this.pointing.allow(use),
      report: (use) => this.pointing.report(use),
      rules: this.rules.service(),
      reposts: this.reposts.service(),
      week: async (guildId) => weekOf(await this.#cases(guildId), Date.now()),
      chart: weekChart,
    }
  }

  async #comparable(picture: FoundPicture) {
    const [comparable] = await this.#parts.pictures.fingerprintAll([picture])
    if (!comparable) {
      throw new InputError('image/plain')
    }
    return comparable
  }

  async #import(guildId: string, by: string, file: PictureLink) {
    if (file.size > MAX_FILE_BYTES) {
      throw new InputError('hash/bad-file')
    }
    const bytes = await this.#parts.fetchPicture({ ...file, kind: 'file' })
    const known = new Set((await this.#verdicts.list(guildId)).map(({ hash }) => hash))
    const fresh = readHashFile(Buffer.from(bytes).toString('utf8'), { by, now: Date.now(), known })
    const added = await this.#verdicts.put(guildId, fresh)
    return { added, left: fresh.length - added }
  }

  async #cases(guildId: string): Promise<Case[]> {
    const all: Case[] = []
    for await (const [, found] of this.work.cases.entries(`${guildId}/`)) {
      all.push(found)
    }
    return all
  }
}

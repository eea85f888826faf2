/**
 * Examines each posted picture: against the server's hash list, where dismissals win, and for bursts.
 * The words are read of pictures that look like one on the list, and of no others. A picture with
 * enough reasons becomes a case.
 */

import type { Message } from 'discord.js'
import type { FoundPicture } from '../../commands/picture.ts'
import { isActive, type ModerationSettings } from '../../commands/moderation/settings.ts'
import { picturesIn } from '../discord/message-pictures.ts'
import type { Deletions } from '../memory/deletions.ts'
import type { CountModeration } from '../operations/metrics.ts'
import { KeyedMutex } from '../store/keyed-mutex.ts'
import type { Collection, Store } from '../store/types.ts'
import type { Case } from './cases/case-record.ts'
import type { CaseExecutor } from './cases/executor.ts'
import { type EvidenceMemory, MAX_EVIDENCE, type PictureFile } from '../pictures/evidence.ts'
import { isComparable, MAX_PICTURES, type Pictures } from '../pictures/pictures.ts'
import { burstOf, type GuildModeration } from './settings.ts'
import type { OwnsGuild } from '../../config/shards.ts'
import {
  type Posting,
  type Postings,
  type Related,
  postingsSpace,
  type WordPoints,
  withOwnCase,
  withPosting,
  withWords,
} from './hashes/postings.ts'
import { type Reason, wordRulesOf } from './hashes/reasons.ts'
import { isExempt } from './staff.ts'
import { codeOf } from './hashes/hash-entry.ts'
import type { HashList } from './hashes/hash-list.ts'
import { ListMatcher } from './hashes/list-matcher.ts'
import { dismisses } from './hashes/loaded-hashes.ts'
import { isConfirmed, reasonOf, strongest } from './match-reason.ts'
import type { PictureWords } from './hashes/picture-words.ts'
import { type CaseUpdate, PostingCases } from './posting-cases.ts'

type Deps = {
  readonly store: Store
  readonly guilds: GuildModeration
  readonly hashList: HashList
  readonly words: PictureWords
  readonly evidence: EvidenceMemory
  readonly executor: CaseExecutor
  /** The language of a server. */
  readonly localeOf: (guildId: string) => string
  readonly pictures: Pictures
  readonly count?: CountModeration | undefined
  /** Whether a server's events come to this process; absent: all do. */
  readonly ownsGuild?: OwnsGuild | undefined
}

/** What a case is opened with, besides its reasons. */
type Details = {
  /** Those of the message to examine; default: all. */
  readonly pictures?: readonly FoundPicture[]
  /** The ids of the member's other messages that the reasons are about. */
  readonly wave?: readonly string[]
}

export class Detector {
  readonly postings: Collection<Postings>
  readonly #deps: Deps
  readonly #matcher: ListMatcher
  readonly #cases: PostingCases
  /** By message: the preview of a link may arrive while the message itself is examined. */
  readonly #mutex = new KeyedMutex()

  constructor(deps: Deps) {
    this.#deps = deps
    const readCase = (guildId: string, id: string) => deps.executor.readWords(guildId, id)
    this.#matcher = new ListMatcher({ ...deps, readCase })
    this.postings = postingsSpace(deps.store)
    this.#cases = new PostingCases({ ...deps, postings: this.postings })
  }

  /**
   * Examines the pictures of a message that were not examined before, if moderation is active.
   *
   * @returns the pictures that were examined.
   */
  onMessage(message: Message<true>): Promise<readonly FoundPicture[]> {
    return this.#mutex.run(message.id, async () => {
      const { settings } = await this.#deps.guilds.of(message.guildId)
      if (!isActive(settings) || isExempt(message, settings)) {
        return []
      }
      const posting = await this.#postingOf(message)
      const added = picturesIn(message)
        .slice(0, MAX_PICTURES)
        .filter(({ key }) => posting?.keys.includes(key) !== true)
      if (added.length > 0) {
        this.#deps.count?.('picture', 'examined', added.length)
        await this.openCase(message, [], { pictures: added })
      }
      return added
    })
  }

  /**
   * Opens a case for a message, or adds the message to the case of its copies.
   *
   * @param because reasons of the caller, which hold for pictures without structure too; if there are
   *   none, the pictures must give one.
   * @returns the case, if there is one, after its steps were carried out.
   */
  async openCase(
    message: Message<true>,
    because: readonly Reason[],
    { pictures = picturesIn(message), wave = [] }: Details = {},
  ): Promise<Case | undefined> {
    const { guilds, evidence } = this.#deps
    const { guildId } = message
    const { settings } = await guilds.of(guildId)
    const decoded = await this.#deps.pictures.decodeAll(pictures)
    const comparable = decoded.filter(isComparable)
    const reading = { guildId, memberId: message.author.id }
    const matches = await Promise.all(
      comparable.map((picture) => this.#matcher.match(picture, reading)),
    )
    const undismissed =
      because.length > 0 ? decoded : comparable.filter((_, i) => !dismisses(matches[i]))
    const match = strongest(matches)
    const reasons = match ? [...because, reasonOf(match)] : because
    const update: CaseUpdate = {
      messageId: message.id,
      prints: undismissed.filter(isComparable).map(({ print }) => print),
      reasons: undismissed.length > 0 ? [...reasons] : [],
      matched: match && isConfirmed(match) ? codeOf(match.entry) : null,
    }
    const keys = pictures.slice(0, MAX_PICTURES).map(({ key }) => key)
    const joined = await this.#caseOfWave(message, because, wave)
    const related = { joined, wave }
    const recent = await this.#addPosting(message, { ...update, keys }, { settings, related })
    const postings = update.matched ? await this.#splitCase(message, recent, settings) : recent
    const posting = postings.find(({ messageId }) => messageId === message.id)
    if (!posting || posting.caseId === null || undismissed.length === 0) {
      return undefined
    }
    evidence.keep(posting.caseId, await this.#files(undismissed.map(({ picture }) => picture)))
    const member = {
      guildId,
      memberId: message.author.id,
      joinedAt: message.member?.joinedTimestamp ?? null,
      locale: message.guild.preferredLocale,
    }
    return this.#cases.write({ member, posting, postings, update, settings })
  }

  /** Notes the points of an examined message's words. @returns all recent postings of the member. */
  async noteWords(
    { id, guildId, author }: Message<true>,
    words: readonly WordPoints[],
  ): Promise<Postings> {
    const key = `${guildId}/${author.id}`
    return (await this.postings.update(key, (old = []) => withWords(old, id, words))) ?? []
  }

  /** The id of the case that a message belongs to; null: none. */
  async caseOf(message: Message<true>): Promise<string | null> {
    return (await this.#postingOf(message))?.caseId ?? null
  }

  /** Opens, or extends, the cases whose postings were written, but not the cases, before a process ended. */
  resume(deletions: Deletions): Promise<void> {
    return this.#cases.resume(deletions)
  }

  async #postingOf({ id, guildId, author }: Message<true>): Promise<Posting | undefined> {
    const postings = await this.postings.get(`${guildId}/${author.id}`)
    return postings?.find(({ messageId }) => messageId === id)
  }

  async #addPosting(
    message: Message<true>,
    update: CaseUpdate & Pick<Posting, 'keys'>,
    { settings, related }: { settings: ModerationSettings; related: Related },
  ): Promise<Postings> {
    const posting = {
      ...update,
      words: [],
      channelId: message.channelId,
      at: message.editedTimestamp ?? message.createdTimestamp,
    }
    const key = `${message.guildId}/${message.author.id}`
    const change = (old: Postings = []) => withPosting(old, posting, burstOf(settings), related)
    return (await this.postings.update(key, change)) ?? []
  }

  /**
   * The open case that a hit of a rule by words joins: the pictures of such a wave differ, and a member
   * who posts ten of them is one decision.
   */
  async #caseOfWave(
    { guildId, author }: Message<true>,
    because: readonly Reason[],
    wave: readonly string[],
  ): Promise<string | null> {
    const rules = wordRulesOf(because)
    const postings = rules.length > 0 ? await this.postings.get(`${guildId}/${author.id}`) : []
    const related = (postings ?? []).findLast(
      ({ messageId, caseId, reasons }) =>
        caseId !== null &&
        (wave.includes(messageId) || wordRulesOf(reasons).some((rule) => rules.includes(rule))),
    )
    const record =
      related?.caseId && (await this.#deps.executor.records.of(guildId, related.caseId))
    return record && record.state === 'open' ? record.id : null
  }

  /**
   * Gives a listed picture a case of its own where it would otherwise join a case that deletes nothing
   * (staff decided that case before the mode was `act`).
   *
   * @returns the member's postings after that.
   */
  async #splitCase(
    { id, guildId, author }: Message<true>,
    postings: Postings,
    { mode }: ModerationSettings,
  ): Promise<Postings> {
    const caseId = postings.find(({ messageId }) => messageId === id)?.caseId ?? null
    if (caseId === null || caseId === id) {
      return postings
    }
    const record = await this.#deps.executor.records.of(guildId, caseId)
    if (!record || record.removes || (record.state === 'open' && mode !== 'act')) {
      return postings
    }
    const key = `${guildId}/${author.id}`
    return (await this.postings.update(key, (old = []) => withOwnCase(old, id))) ?? []
  }

  /** The files of pictures; those that can no longer be fetched are left out. */
  async #files(pictures: readonly FoundPicture[]): Promise<PictureFile[]> {
    const files = await Promise.allSettled(
      pictures.slice(0, MAX_EVIDENCE).map((picture) => this.#deps.pictures.file(picture)),
    )
    return files.flatMap((file) => (file.status === 'fulfilled' ? [file.value] : []))
  }
}

/**
 * Looks at each picture that is posted: this server's dismissals, then its confirmed hashes, then
 * bursts. No model is asked on the way; what is found becomes a case.
 */

import type { Message } from 'discord.js'
import { MINUTE_MS } from '../../config/durations.ts'
import type { FoundPicture } from '../../commands/picture.ts'
import { isActive, type ModerationSettings } from '../../commands/moderation/settings.ts'
import { picturesIn } from '../discord/message-pictures.ts'
import { KeyedMutex } from '../store/keyed-mutex.ts'
import type { Collection, Store } from '../store/types.ts'
import { type Case, openCase, type Seed, withCopies, withPictures } from './cases/case.ts'
import type { CaseExecutor } from './cases/executor.ts'
import { type EvidenceMemory, MAX_EVIDENCE, type PictureFile } from '../pictures/evidence.ts'
import { MAX_PICTURES, type Pictures } from '../pictures/pictures.ts'
import type { GuildModeration } from './settings.ts'
import {
  type Posting,
  type Postings,
  postingsSpace,
  withOwnCase,
  withPosting,
} from './hashes/postings.ts'
import { amplifiersOf, type Reason } from './hashes/reasons.ts'
import { isExempt } from './staff.ts'
import type { Match, HashList } from './hashes/hash-list.ts'

type Deps = {
  readonly store: Store
  readonly guilds: GuildModeration
  readonly hashList: HashList
  readonly evidence: EvidenceMemory
  readonly work: CaseExecutor
  /** The language of a server. */
  readonly localeOf: (guildId: string) => string
  readonly pictures: Pictures
}

/** What was found out about pictures of a message. */
type Added = Pick<Posting, 'prints' | 'reasons' | 'matched'>

export class Detector {
  readonly postings: Collection<Postings>
  readonly #deps: Deps
  /** By message: a link's preview may come while the message itself is still looked at. */
  readonly #mutex = new KeyedMutex()

  constructor(deps: Deps) {
    this.#deps = deps
    this.postings = postingsSpace(deps.store)
  }

  /**
   * Looks at what was not looked at yet of a message, if its server wants that.
   *
   * @returns the pictures that were looked at.
   */
  onMessage(message: Message<true>): Promise<readonly FoundPicture[]> {
    return this.#mutex.run(message.id, async () => {
      const { settings } = await this.#deps.guilds.of(message.guildId)
      if (!isActive(settings) || isExempt(message, settings)) {
        return []
      }
      const known = await this.#postingOf(message)
      const added = picturesIn(message)
        .slice(0, MAX_PICTURES)
        .filter(({ key }) => known?.keys.includes(key) !== true)
      if (added.length > 0) {
        await this.openCase(message, [], added)
      }
      return added
    })
  }

  /**
   * Opens a case for a message, or adds it to the one of its copies.
   *
   * @param because reasons that someone gives; without any, there must be others.
   * @param pictures those of the message to look at.
   * @returns the case, if there is one; it is being carried out then.
   */
  async openCase(
    message: Message<true>,
    because: readonly Reason[],
    pictures: readonly FoundPicture[] = picturesIn(message),
  ): Promise<Case | undefined> {
    const { guilds, hashList, evidence } = this.#deps
    const { guildId } = message
    const { settings, list } = await guilds.of(guildId)
    const comparable = await this.#deps.pictures.fingerprintAll(pictures)
    const matches = await Promise.all(
      comparable.map(({ print }) => hashList.match(guildId, print, list)),
    )
    const undismissed = comparable.filter(
      (_, i) => because.length > 0 || matches[i]?.verdict.verdict !== 'dismissed',
    )
    const match = nearest(matches)
    const keys = pictures.slice(0, MAX_PICTURES).map(({ key }) => key)
    const prints = undismissed.map(({ print }) => print)
    const reasons =
      undismissed.length === 0 ? [] : [...because, ...(match ? [reasonOf(match)] : [])]
    const matched = match?.verdict.verdict === 'confirmed' ? match.verdict.hash : null
    const noted = await this.#note(message, { keys, prints, reasons, matched }, settings)
    const posted = await this.#splitCase(message, { noted, matched }, settings)
    const posting = posted.find(({ messageId }) => messageId === message.id)
    if (!posting || posting.caseId === null || undismissed.length === 0) {
      return undefined
    }
    evidence.keep(posting.caseId, await this.#files(undismissed.map(({ picture }) => picture)))
    return this.#open(
      { posting, posted, added: { prints, reasons, matched } },
      {
        guildId,
        memberId: message.author.id,
        joinedAt: message.member?.joinedTimestamp ?? null,
        locale: message.guild.preferredLocale,
      },
      settings,
    )
  }

  /** The case that a message belongs to. */
  async caseOf(message: Message<true>): Promise<string | null> {
    return (await this.#postingOf(message))?.caseId ?? null
  }

  /** Opens the cases that were found and not written down before a process ended. */
  async resume(): Promise<void> {
    for await (const [key, posted] of this.postings.entries()) {
      const [guildId = '', memberId = ''] = key.split('/')
      for (const posting of posted) {
        const { caseId, messageId } = posting
        if (caseId === messageId && !(await this.#deps.work.of(guildId, caseId))) {
          const { settings } = await this.#deps.guilds.of(guildId)
          const locale = this.#deps.localeOf(guildId)
          const about = { guildId, memberId, joinedAt: null, locale }
          await this.#open({ posting, posted, added: posting }, about, settings)
        }
      }
    }
  }

  async #postingOf({ id, guildId, author }: Message<true>): Promise<Posting | undefined> {
    const posted = await this.postings.get(`${guildId}/${author.id}`)
    return posted?.find(({ messageId }) => messageId === id)
  }

  async #note(
    message: Message<true>,
    { keys, prints, reasons, matched }: Added & Pick<Posting, 'keys'>,
    settings: ModerationSettings,
  ): Promise<Postings> {
    const posting = {
      messageId: message.id,
      channelId: message.channelId,
      at: message.editedTimestamp ?? message.createdTimestamp,
      keys: [...keys],
      prints: [...prints],
      reasons: [...reasons],
      matched,
    }
    const burst = {
      channels: settings.burstChannels,
      withinMs: settings.burstMinutes * MINUTE_MS,
    }
    const key = `${message.guildId}/${message.author.id}`
    const posted = await this.postings.update(key, (old = []) => withPosting(old, posting, burst))
    return posted ?? []
  }

  /**
   * A picture on the list that would join a case in which nothing is removed any more (staff decided
   * it before they let the bot act, say) gets a case of its own.
   */
  async #splitCase(
    message: Message<true>,
    { noted, matched }: { noted: Postings; matched: string | null },
    { mode }: ModerationSettings,
  ): Promise<Postings> {
    const { id, guildId, author } = message
    const caseId = noted.find(({ messageId }) => messageId === id)?.caseId ?? null
    if (matched === null || caseId === null || caseId === id) {
      return noted
    }
    const joined = await this.#deps.work.of(guildId, caseId)
    if (!joined || joined.removes || (joined.state === 'open' && mode !== 'act')) {
      return noted
    }
    const key = `${guildId}/${author.id}`
    return (await this.postings.update(key, (old = []) => withOwnCase(old, id))) ?? []
  }

  /** The files of pictures, but for those that are gone. */
  async #files(pictures: readonly FoundPicture[]): Promise<PictureFile[]> {
    const files = await Promise.allSettled(
      pictures.slice(0, MAX_EVIDENCE).map((picture) => this.#deps.pictures.file(picture)),
    )
    return files.flatMap((file) => (file.status === 'fulfilled' ? [file.value] : []))
  }

  async #open(
    { posting, posted, added }: { posting: Posting; posted: Postings; added: Added },
    about: Pick<Seed, 'guildId' | 'memberId' | 'joinedAt' | 'locale'>,
    settings: ModerationSettings,
  ): Promise<Case | undefined> {
    const { work } = this.#deps
    const id = posting.caseId ?? posting.messageId
    const copies = posted
      .filter(({ caseId }) => caseId === id)
      .map(({ channelId, messageId }) => ({ channelId, messageId }))
    const opener = posted.find(({ messageId }) => messageId === id) ?? posting
    const now = Date.now()
    const seed: Seed = {
      ...about,
      id,
      copies,
      matched: posting.matched,
      prints: [...posting.prints],
      reasons: [...opener.reasons, ...amplifiersOf(about.memberId, about.joinedAt, now)],
    }
    const record = await work.change(about.guildId, id, (old) =>
      old
        ? withCopies(
            withPictures(old, { ...added, messageId: posting.messageId }, settings, now),
            copies,
          )
        : openCase(seed, settings, now),
    )
    await work.carryOut(about.guildId, id)
    return record
  }
}

/** The nearest match that is no dismissal. */
function nearest(matches: readonly (Match | undefined)[]): Match | undefined {
  return matches
    .filter((match) => match !== undefined && match.verdict.verdict !== 'dismissed')
    .toSorted((a, b) => (a?.distance ?? 0) - (b?.distance ?? 0))[0]
}

function reasonOf({ verdict, distance }: Match): Reason {
  return verdict.verdict === 'confirmed'
    ? { kind: 'hash', weight: 6, count: distance }
    : { kind: 'other-server', weight: 3, count: distance }
}

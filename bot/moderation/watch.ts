/**
 * Looks at each picture that is posted: this server's dismissals, then its confirmed hashes, then
 * bursts. No model is asked on the way; what is found becomes a case.
 */

import type { Message } from 'discord.js'
import type { FoundPicture, PictureLink } from '../../commands/command.ts'
import { isActive, type ModerationSettings } from '../../config/moderation-settings.ts'
import { InputError } from '../../config/errors.ts'
import { picturesIn } from '../images.ts'
import type { Space, Store } from '../store-types.ts'
import { type Case, openCase, type Seed, withCopies } from './case-record.ts'
import type { CaseWork } from './case-work.ts'
import type { EvidenceMemory } from './evidence.ts'
import type { GuildModeration } from './guild-moderation.ts'
import { type Fingerprint, fingerprintOf } from './phash.ts'
import { type Posting, type Postings, postingsSpace, separated, withPosting } from './postings.ts'
import { amplifiersOf, type Reason } from './reasons.ts'
import { isExempt } from './staff.ts'
import type { Match, Verdicts } from './verdicts.ts'

const MINUTE_MS = 60_000
/** Pictures of one message that are looked at; Discord takes ten attachments. */
const MAX_PICTURES = 10

type Parts = {
  readonly store: Store
  readonly guilds: GuildModeration
  readonly verdicts: Verdicts
  readonly evidence: EvidenceMemory
  readonly work: CaseWork
  /** The language of a server. */
  readonly localeOf: (guildId: string) => string
  readonly fetchPicture: (link: PictureLink, signal?: AbortSignal) => Promise<Uint8Array>
}

/** A picture that can be compared. */
type Looked = { readonly bytes: Uint8Array; readonly print: Fingerprint }

export class Watch {
  readonly postings: Space<Postings>
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
    this.postings = postingsSpace(parts.store)
  }

  /** Looks at a message, if its server wants that. */
  async hear(message: Message): Promise<void> {
    if (!message.inGuild() || picturesIn(message).length === 0) {
      return
    }
    const { settings } = await this.#parts.guilds.of(message.guildId)
    if (!isActive(settings) || isExempt(message, settings)) {
      return
    }
    await this.examine(message, [])
  }

  /**
   * Opens a case for a message, or adds it to the one of its copies.
   *
   * @param because reasons that someone gives; without any, there must be others.
   * @returns the case, if there is one; it is being carried out then.
   */
  async examine(message: Message<true>, because: readonly Reason[]): Promise<Case | undefined> {
    const { guilds, verdicts, evidence } = this.#parts
    const { guildId } = message
    const { settings, list } = await guilds.of(guildId)
    const looked = await this.look(picturesIn(message))
    const matches = await Promise.all(
      looked.map(({ print }) => verdicts.match(guildId, print, list)),
    )
    const left = looked.filter(
      (_, i) => because.length > 0 || matches[i]?.verdict.verdict !== 'dismissed',
    )
    if (left.length === 0) {
      return undefined
    }
    const match = nearest(matches)
    const prints = left.map(({ print }) => print)
    const reasons = [...because, ...(match ? [reasonOf(match)] : [])]
    const matched = match?.verdict.verdict === 'confirmed' ? match.verdict.hash : null
    const noted = await this.#note(message, { prints, reasons, matched }, settings)
    const posted = await this.#apart(message, { noted, matched }, settings)
    const mine = posted.find(({ messageId }) => messageId === message.id)
    if (!mine || mine.caseId === null) {
      return undefined
    }
    evidence.keep(
      mine.caseId,
      left.map(({ bytes }) => bytes),
    )
    return this.#open(
      { mine, posted },
      {
        guildId,
        memberId: message.author.id,
        joinedAt: message.member?.joinedTimestamp ?? null,
        locale: message.guild.preferredLocale,
      },
      settings,
    )
  }

  /** The pictures that can be fetched, read and compared. */
  async look(pictures: readonly FoundPicture[]): Promise<Looked[]> {
    const looked = await Promise.all(
      pictures.slice(0, MAX_PICTURES).map(async (picture) => {
        try {
          const bytes = await this.#parts.fetchPicture(picture)
          const print = await fingerprintOf(bytes)
          return print && { bytes, print }
        } catch (error) {
          if (error instanceof InputError) {
            return null // gone already, or no picture: nobody asked about it
          }
          throw error
        }
      }),
    )
    return looked.filter((one) => one !== null)
  }

  /** The case that a message belongs to. */
  async caseOf(message: Message<true>): Promise<string | null> {
    const posted = await this.postings.get(`${message.guildId}/${message.author.id}`)
    return posted?.find(({ messageId }) => messageId === message.id)?.caseId ?? null
  }

  /** Opens the cases that were found and not written down before a process ended. */
  async resume(): Promise<void> {
    for await (const [key, posted] of this.postings.entries()) {
      const [guildId = '', memberId = ''] = key.split('/')
      for (const mine of posted) {
        if (mine.caseId === mine.messageId && !(await this.#parts.work.of(guildId, mine.caseId))) {
          const { settings } = await this.#parts.guilds.of(guildId)
          const locale = this.#parts.localeOf(guildId)
          const about = { guildId, memberId, joinedAt: null, locale }
          await this.#open({ mine, posted }, about, settings)
        }
      }
    }
  }

  async #note(
    message: Message<true>,
    { prints, reasons, matched }: Pick<Posting, 'prints' | 'reasons' | 'matched'>,
    settings: ModerationSettings,
  ): Promise<Postings> {
    const posting = {
      messageId: message.id,
      channelId: message.channelId,
      at: message.createdTimestamp,
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
  async #apart(
    message: Message<true>,
    { noted, matched }: { noted: Postings; matched: string | null },
    { mode }: ModerationSettings,
  ): Promise<Postings> {
    const { id, guildId, author } = message
    const caseId = noted.find(({ messageId }) => messageId === id)?.caseId ?? null
    if (matched === null || caseId === null || caseId === id) {
      return noted
    }
    const joined = await this.#parts.work.of(guildId, caseId)
    if (!joined || joined.removes || (joined.state === 'open' && mode !== 'act')) {
      return noted
    }
    const key = `${guildId}/${author.id}`
    return (await this.postings.update(key, (old = []) => separated(old, id))) ?? []
  }

  async #open(
    { mine, posted }: { mine: Posting; posted: Postings },
    about: Pick<Seed, 'guildId' | 'memberId' | 'joinedAt' | 'locale'>,
    settings: ModerationSettings,
  ): Promise<Case | undefined> {
    const { work } = this.#parts
    const id = mine.caseId ?? mine.messageId
    const copies = posted
      .filter(({ caseId }) => caseId === id)
      .map(({ channelId, messageId }) => ({ channelId, messageId }))
    const opener = posted.find(({ messageId }) => messageId === id) ?? mine
    const now = Date.now()
    const seed: Seed = {
      ...about,
      id,
      copies,
      matched: mine.matched,
      prints: [...mine.prints],
      reasons: [...opener.reasons, ...amplifiersOf(about.memberId, about.joinedAt, now)],
    }
    const found = await work.change(about.guildId, id, (old) =>
      old ? withCopies(old, copies) : openCase(seed, settings, now),
    )
    await work.carryOut(about.guildId, id)
    return found
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

/**
 * The steps of cases: post, delete, time out, notify, list. Each can be done twice with the same result
 * (discord-actions.ts). executor.ts calls them in order.
 */

import { catalogFor } from '../../../commands/i18n/catalog.ts'
import { plainText, quoted, shortened } from '../../../commands/answer-text.ts'
import { caseCustomId } from '../../discord/custom-id.ts'
import { caseBody, caseName } from './message.ts'
import { apologyBody, noticeBody } from './notice.ts'
import type { CasePictures, SketchedPicture } from './pictures.ts'
import type { Case, Problem, Step, StepChange } from './case-record.ts'
import { sweep, type SweepDeps } from './sweep.ts'
import { distanceOf, type Fingerprint, sameDetail } from '../../pictures/fingerprint.ts'
import { codeOf, type HashEntry, hashEntryOf } from '../hashes/hash-entry.ts'
import type { HashList } from '../hashes/hash-list.ts'
import { COPY_DISTANCE } from '../hashes/postings.ts'
import { ruleNames } from '../hashes/reasons.ts'

/** Discord rejects a repeated nonce for some minutes only; for an older case, the bot searches for its message. */
const NONCE_SURE_MS = 60_000
const MAX_APPEAL = 300
const MAX_AUDIT_REASON = 512

/** A step that ended this number of processes is left to staff. */
export const MAX_ATTEMPTS = 2

export type CaseStepsDeps = SweepDeps & {
  readonly hashList: HashList
  readonly casePictures: CasePictures
}

/** The result of a step. */
export type Outcome = {
  readonly problem?: Problem | null
  readonly change?: StepChange
}

export class CaseSteps {
  readonly #deps: CaseStepsDeps

  constructor(deps: CaseStepsDeps) {
    this.#deps = deps
  }

  /**
   * Carries out a step.
   *
   * @param attempt from 1; above 1, processes ended while they opened the pictures for this step.
   * @throws the error of Discord unchanged.
   */
  do(record: Case, { id }: Step, attempt = 1): Promise<Outcome> {
    const [name, channelId = '', messageId = ''] = id.split('/')
    switch (name) {
      case 'post':
        return this.#post(record, attempt === 1)
      case 'sweep':
        return attempt > MAX_ATTEMPTS ? Promise.resolve({ problem: 'unsafe' }) : this.#sweep(record)
      case 'delete':
        return this.#delete(record, channelId, messageId)
      case 'timeout':
        return this.#timeOut(record)
      case 'lift':
        return this.#lift(record)
      case 'tell':
      case 'apologise':
        return this.#tell(record, name)
      case 'list':
        return this.#list(record, 'confirmed')
      case 'allow':
        return this.#list(record, 'dismissed')
      case 'sketch':
        return attempt > MAX_ATTEMPTS
          ? Promise.resolve({ problem: 'unsafe' })
          : this.#sketch(record)
      case 'unlist':
        return this.#unlist(record)
      case 'alert':
        return this.#alert(record)
      default:
        throw new RangeError(`expected a known step, got ${id}`)
    }
  }

  /** @param isSafe false: without the pictures, which staff see in the messages themselves. */
  async #post(record: Case, isSafe: boolean): Promise<Outcome> {
    const { actions, guilds } = this.#deps
    const { settings } = await guilds.of(record.guildId)
    const channelId = settings.logChannel
    if (channelId === null) {
      return { problem: 'gone' }
    }
    const text = catalogFor(record.locale)
    const posted =
      Date.now() - record.createdAt > NONCE_SURE_MS
        ? await actions.find(channelId, caseCustomId(record, 'history'))
        : undefined
    const messageId =
      posted ??
      (await actions.post(channelId, caseBody(record, text), {
        nonce: `c${record.id}`,
        files: isSafe ? await this.#deps.casePictures.evidence(record) : [],
      }))
    return { problem: isSafe ? null : 'unsafe', change: { log: { channelId, messageId } } }
  }

  async #sweep(record: Case): Promise<Outcome> {
    const copies = await sweep(record, this.#deps)
    return copies ? { change: { copies } } : { problem: 'unready' }
  }

  async #delete(record: Case, channelId: string, messageId: string): Promise<Outcome> {
    if (record.log === null && record.automatic) {
      return { problem: 'unlogged' } // staff could not review the removal
    }
    await this.#deps.actions.delete(channelId, messageId, reasonOf(record, 'delete'))
    return {}
  }

  async #timeOut(record: Case): Promise<Outcome> {
    if (record.log === null && record.automatic) {
      return { problem: 'unlogged' }
    }
    const { actions } = this.#deps
    const until = record.timeoutUntil ?? 0
    const now = await actions.timeoutOf(record.guildId, record.memberId)
    if (now !== null && now > until + 1000) {
      return { problem: 'longer' }
    }
    if (now === null || Math.abs(now - until) > 1000) {
      await actions.timeOut(record, until, reasonOf(record, 'timeout'))
    }
    return {}
  }

  /** Ends the timeout, unless a moderator changed it in the meantime. */
  async #lift(record: Case): Promise<Outcome> {
    const { actions } = this.#deps
    const now = await actions.timeoutOf(record.guildId, record.memberId)
    if (now !== null && Math.abs(now - (record.timeoutUntil ?? 0)) > 1000) {
      return { problem: 'longer' }
    }
    if (now !== null) {
      await actions.timeOut(record, null, reasonOf(record, 'lift'))
    }
    return {}
  }

  async #tell(record: Case, name: 'tell' | 'apologise'): Promise<Outcome> {
    if (name === 'tell' && record.automatic && record.log === null) {
      return { problem: 'unlogged' }
    }
    const { actions } = this.#deps
    const text = catalogFor(record.locale)
    const server = actions.serverName(record.guildId)
    const channelId = await actions.direct(record.memberId)
    const body = (name === 'tell' ? noticeBody : apologyBody)(record, server, text)
    const old = Date.now() - record.createdAt > NONCE_SURE_MS
    const sent =
      name === 'tell' && old
        ? await actions.find(channelId, caseCustomId(record, 'appeal'))
        : undefined
    if (sent === undefined) {
      await actions.post(channelId, body, { nonce: `${name[0]}${record.id}` })
    }
    return {}
  }

  /** Tells staff of an appeal by a message of its own: nobody is told of an edited case. */
  async #alert(record: Case): Promise<Outcome> {
    const { log, appeal, locale } = record
    if (log === null) {
      return { problem: 'gone' }
    }
    const { case: words } = catalogFor(locale).moderation
    const content = `${words.title(caseName(record))}: ${words.appeal(quoted(appeal ?? '', MAX_APPEAL))}`
    await this.#deps.actions.reply(log, content, `p${record.id}`)
    return {}
  }

  async #list(record: Case, verdict: 'confirmed' | 'dismissed'): Promise<Outcome> {
    const { hashList, guilds } = this.#deps
    const { guildId, id: caseId, prints, events } = record
    const { settings } = await guilds.of(guildId)
    const by = events.findLast(({ what }) => what === 'confirm' || what === 'dismiss')?.by ?? null
    const listed = await hashList.list(guildId)
    const entries = prints
      .filter((print) => !listed.some((entry) => entry.verdict === verdict && isOf(entry, print)))
      .map((print) =>
        hashEntryOf(print, { verdict, by, caseId, note: '', distance: settings.distance }),
      )
    await hashList.put(guildId, entries)
    return {}
  }

  /** Adds sketches of the words to the entries of the case's pictures, also those of earlier cases. */
  async #sketch(record: Case): Promise<Outcome> {
    const { hashList, casePictures } = this.#deps
    const { guildId, id, prints, memberId, state } = record
    const verdict = state === 'dismissed' ? 'dismissed' : 'confirmed'
    const entries = (await hashList.list(guildId)).filter(
      (entry) =>
        entry.verdict === verdict &&
        entry.words === null &&
        (entry.caseId === id || prints.some((print) => isOf(entry, print))),
    )
    if (entries.length === 0) {
      return {}
    }
    const seen = await casePictures.sketches(record)
    for (const entry of entries) {
      const nearest = nearestTo(entry, seen)
      if (nearest && nearest.sketch !== null) {
        await hashList.setWords(guildId, entry, { sketch: nearest.sketch, of: memberId })
      }
    }
    const isRead = seen.every(({ sketch }) => sketch !== null)
    return seen.length === 0 ? { problem: 'gone' } : { problem: isRead ? null : 'unread' }
  }

  /** Removes the entries that this case added to the hash list, and the entry that it wrongly matched. */
  async #unlist({ guildId, id, matched }: Case): Promise<Outcome> {
    await this.#deps.hashList.remove(
      guildId,
      (entry) =>
        entry.caseId === id ||
        (entry.verdict !== 'dismissed' && [codeOf(entry), entry.hash].includes(matched ?? '')),
    )
    return {}
  }
}

function isOf({ hash, detail }: HashEntry, print: Fingerprint): boolean {
  return sameDetail({ whole: hash, detail }, print) !== null
}

/** The picture of an entry, among those that evidence was made of or that it shows. */
function nearestTo({ hash }: HashEntry, seen: readonly SketchedPicture[]) {
  return seen
    .map((picture) => ({ ...picture, distance: distanceOf(picture.print.whole, hash) }))
    .filter(({ distance }) => distance <= COPY_DISTANCE)
    .toSorted((a, b) => a.distance - b.distance)[0]
}

/** Discord's audit log takes plain text of at most 512 characters. */
export function reasonOf(record: Case, what: 'delete' | 'timeout' | 'lift' | 'second'): string {
  const { case: words } = catalogFor(record.locale).moderation
  const rules = ruleNames(record).map((name) => plainText(name))
  const isAboutPicture = what === 'delete' || what === 'timeout'
  const why = isAboutPicture && rules.length > 0 ? words.breaks(rules) : words.whats[what]
  return shortened(words.reason(caseName(record), why), MAX_AUDIT_REASON)
}

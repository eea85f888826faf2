/**
 * The steps of cases: what is posted, removed, told and listed, each so that doing it twice comes to
 * the same (deeds.ts). case-work.ts says when.
 */

import { catalogueFor } from '../../../commands/i18n/catalogue.ts'
import { buttonId, caseBody, tellingBody } from './message.ts'
import type { CasePictures } from './pictures.ts'
import type { Case, Problem, Step, StepChange } from './case.ts'
import { sweep, type SweepParts } from './sweep.ts'
import { isOf, verdictOf, type Verdicts } from '../hashes/hash-list.ts'

/** Discord refuses a nonce twice for some minutes; a case older than this looks for its message. */
const NONCE_SURE_MS = 60_000

export type CaseStepsParts = SweepParts & {
  readonly verdicts: Verdicts
  readonly casePictures: CasePictures
}

/** What a step came to. */
export type Outcome = {
  readonly problem?: Problem | null
  readonly change?: StepChange
}

export class CaseSteps {
  readonly #parts: CaseStepsParts

  constructor(parts: CaseStepsParts) {
    this.#parts = parts
  }

  /** Does a step; a refusal by Discord is thrown as it came. */
  do(found: Case, { id }: Step): Promise<Outcome> {
    const [name, channelId = '', messageId = ''] = id.split('/')
    switch (name) {
      case 'post':
        return this.#post(found)
      case 'sweep':
        return this.#sweep(found)
      case 'delete':
        return this.#delete(found, channelId, messageId)
      case 'timeout':
        return this.#timeOut(found)
      case 'lift':
        return this.#lift(found)
      case 'tell':
      case 'apologise':
        return this.#tell(found, name)
      case 'list':
        return this.#list(found, 'confirmed')
      case 'allow':
        return this.#list(found, 'dismissed')
      case 'unlist':
        return this.#unlist(found)
      default:
        throw new RangeError(`expected a known step, got ${id}`)
    }
  }

  async #post(found: Case): Promise<Outcome> {
    const { deeds, guilds } = this.#parts
    const { settings } = await guilds.of(found.guildId)
    const channelId = settings.logChannel
    if (channelId === null) {
      return { problem: 'gone' }
    }
    const text = catalogueFor(found.locale)
    const there =
      Date.now() - found.createdAt > NONCE_SURE_MS
        ? await deeds.find(channelId, buttonId(found, 'history'))
        : undefined
    const messageId =
      there ??
      (await deeds.post(channelId, caseBody(found, text), {
        nonce: `c${found.id}`,
        files: await this.#parts.casePictures.evidence(found),
      }))
    return { change: { log: { channelId, messageId } } }
  }

  async #sweep(found: Case): Promise<Outcome> {
    const copies = await sweep(found, this.#parts)
    return copies ? { change: { copies } } : { problem: 'unready' }
  }

  async #delete(found: Case, channelId: string, messageId: string): Promise<Outcome> {
    if (found.log === null && found.automatic) {
      return { problem: 'unlogged' } // what nobody can look at is not removed
    }
    await this.#parts.deeds.delete(channelId, messageId, reasonOf(found, 'delete'))
    return {}
  }

  async #timeOut(found: Case): Promise<Outcome> {
    if (found.log === null && found.automatic) {
      return { problem: 'unlogged' }
    }
    const { deeds } = this.#parts
    const until = found.timeoutUntil ?? 0
    const now = await deeds.timeoutOf(found.guildId, found.memberId)
    if (now !== null && now > until + 1000) {
      return { problem: 'longer' }
    }
    if (now === null || Math.abs(now - until) > 1000) {
      await deeds.timeOut(found, until, reasonOf(found, 'timeout'))
    }
    return {}
  }

  /** Ends the timeout, unless a moderator changed it since. */
  async #lift(found: Case): Promise<Outcome> {
    const { deeds } = this.#parts
    const now = await deeds.timeoutOf(found.guildId, found.memberId)
    if (now !== null && Math.abs(now - (found.timeoutUntil ?? 0)) > 1000) {
      return { problem: 'longer' }
    }
    if (now !== null) {
      await deeds.timeOut(found, null, reasonOf(found, 'lift'))
    }
    return {}
  }

  async #tell(found: Case, name: 'tell' | 'apologise'): Promise<Outcome> {
    if (name === 'tell' && found.automatic && found.log === null) {
      return { problem: 'unlogged' }
    }
    const { deeds } = this.#parts
    const text = catalogueFor(found.locale)
    const server = deeds.serverName(found.guildId)
    const channelId = await deeds.direct(found.memberId)
    const body =
      name === 'tell'
        ? tellingBody(found, server, text)
        : { content: text.moderation.told.undone(server), allowed_mentions: { parse: [] } }
    const old = Date.now() - found.createdAt > NONCE_SURE_MS
    const there =
      name === 'tell' && old ? await deeds.find(channelId, buttonId(found, 'appeal')) : undefined
    if (there === undefined) {
      await deeds.post(channelId, body, { nonce: `${name[0]}${found.id}` })
    }
    return {}
  }

  async #list(found: Case, verdict: 'confirmed' | 'dismissed'): Promise<Outcome> {
    const { verdicts, guilds } = this.#parts
    const { guildId, id: caseId, prints, events } = found
    const { settings } = await guilds.of(guildId)
    const by = events.findLast(({ what }) => what === 'confirm' || what === 'dismiss')?.by ?? null
    const known = await verdicts.list(guildId)
    const fresh = prints
      .filter(({ whole }) => !known.some((one) => one.verdict === verdict && isOf(one, whole)))
      .map((print) =>
        verdictOf(print, { verdict, by, caseId, note: '', distance: settings.distance }),
      )
    await verdicts.put(guildId, fresh)
    return {}
  }

  /** Takes off what this case put on the list, and what it was wrongly found by. */
  async #unlist({ guildId, id, matched }: Case): Promise<Outcome> {
    await this.#parts.verdicts.remove(
      guildId,
      ({ caseId, hash, verdict }) => caseId === id || (hash === matched && verdict !== 'dismissed'),
    )
    return {}
  }
}

/** Discord's audit log takes plain text of at most 512 characters. */
export function reasonOf(
  { id, locale }: Case,
  what: 'delete' | 'timeout' | 'lift' | 'second',
): string {
  const { case: words } = catalogueFor(locale).moderation
  return words.reason(id, words.whats[what])
}

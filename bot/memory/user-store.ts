/**
 * What is kept about people themselves: who opted out, how many answers they had today, and which
 * language they use Discord in.
 */

import { DAY_MS } from '../../config/durations.ts'
import { InputError } from '../../config/errors.ts'
import { z } from 'zod'
import type { Deletions } from './deletions.ts'
import type { Place } from '../discord/place.ts'
import type { Collection, Store } from '../store/types.ts'

/** An opt-out ends 400 days after the bot last met the person; meeting them renews it. */
const OPT_OUT_MS = 400 * DAY_MS
const HINT_MS = 30 * DAY_MS
/** After the bot last met the person. */
const LOCALE_MS = 30 * DAY_MS

export class UserStore {
  readonly optOuts: Collection<{ at: number }>
  readonly uses: Collection<{ count: number }>
  /** What someone was told once and need not be told again. */
  readonly hints: Collection<{ at: number }>
  /** Discord's name of the language that someone uses it in. */
  readonly locales: Collection<{ locale: string; at: number }>
  readonly #deletions: Deletions
  readonly #now: () => number

  constructor(store: Store, deletions: Deletions, now: () => number = Date.now) {
    this.#deletions = deletions
    this.optOuts = store.collection({
      name: 'opt-outs',
      ttlMs: OPT_OUT_MS,
      decode: (data) => z.object({ at: z.number() }).parse(data),
    })
    this.uses = store.collection({
      name: 'uses',
      ttlMs: 2 * DAY_MS,
      decode: (data) => z.object({ count: z.int() }).parse(data),
    })
    this.hints = store.collection({
      name: 'hints',
      ttlMs: HINT_MS,
      decode: (data) => z.object({ at: z.number() }).parse(data),
    })
    this.locales = store.collection({
      name: 'locales',
      ttlMs: LOCALE_MS,
      decode: (data) => z.object({ locale: z.string(), at: z.number() }).parse(data),
    })
    this.#now = now
  }

  /** Whether someone opted out. */
  async hasOptedOut(userId: string): Promise<boolean> {
    const found = await this.optOuts.get(userId)
    if (found && this.#now() - found.at > DAY_MS) {
      await this.optOuts.set(userId, { at: this.#now() })
    }
    return found !== undefined
  }

  async setOptOut(userId: string, out: boolean): Promise<void> {
    await (out ? this.optOuts.set(userId, { at: this.#now() }) : this.optOuts.delete(userId))
  }

  /**
   * Keeps the language of someone who used the bot, unless they opted out.
   *
   * @param eventId of the interaction or message that they used it with; nothing is kept if what
   *   is known of them was deleted after that.
   */
  async storeLocale(userId: string, locale: string, eventId: string): Promise<void> {
    const known = await this.locales.get(userId)
    const isFresh = known?.locale === locale && this.#now() - known.at < DAY_MS
    if (!isFresh && !(await this.hasOptedOut(userId))) {
      const subjects = [`user/${userId}`] as const
      await this.#deletions.write({ startedBy: eventId, subjects }, () =>
        this.locales.set(userId, { locale, at: this.#now() }),
      )
    }
  }

  /** The language someone last used a command or a button in; undefined where none is known. */
  async localeOf(userId: string, eventId: string): Promise<string | undefined> {
    const known = await this.locales.get(userId)
    if (known) {
      await this.storeLocale(userId, known.locale, eventId)
    }
    return known?.locale
  }

  /** @returns true the first time someone is told something in a channel; then false for a month. */
  async claimHint(
    { guildId, channelId }: Place,
    userId: string,
    eventId: string,
  ): Promise<boolean> {
    let first = false
    const subjects = [`user/${userId}`, `guild/${guildId ?? 'dm'}`] as const
    await this.#deletions.write({ startedBy: eventId, subjects }, () =>
      this.hints.update(`${guildId ?? 'dm'}/${userId}/${channelId}`, (before) => {
        first = before === undefined
        return before ?? { at: this.#now() }
      }),
    )
    return first
  }

  /** Takes an answer back that was counted and did not come. */
  async uncountAnswer(guildId: string | null, userId: string): Promise<void> {
    if (guildId !== null) {
      await this.uses.update(this.#today(guildId, userId), (before) =>
        before && before.count > 0 ? { count: before.count - 1 } : before,
      )
    }
  }

  /**
   * Counts an answer for a member of a server.
   *
   * @param limit answers a day, by UTC; 0: no limit.
   * @throws {InputError} if they have had so many today.
   */
  async countAnswer(guildId: string | null, userId: string, limit: number): Promise<void> {
    if (guildId === null || limit === 0) {
      return
    }
    let full = false
    await this.uses.update(this.#today(guildId, userId), (before) => {
      full = (before?.count ?? 0) >= limit
      return full ? before : { count: (before?.count ?? 0) + 1 }
    })
    if (full) {
      throw new InputError('limit/daily', { limit })
    }
  }

  #today(guildId: string, userId: string): string {
    return `${guildId}/${userId}/${new Date(this.#now()).toISOString().slice(0, 10)}`
  }
}

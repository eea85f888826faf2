/**
 * Records about users: who opted out, how many answers they got today, and their Discord locale.
 */

import { DAY_MS } from '../../config/durations.ts'
import { InputError } from '../../config/errors.ts'
import { z } from 'zod'
import type { Deletions } from './deletions.ts'
import type { Place } from '../discord/place.ts'
import { userTagOf } from '../store/keys.ts'
import type { Collection, Store } from '../store/types.ts'

/** An opt-out expires 400 days after the bot last saw the user; seeing them renews it. */
const OPT_OUT_MS = 400 * DAY_MS
const HINT_MS = 30 * DAY_MS
/** After the bot last saw the user. */
const LOCALE_MS = 30 * DAY_MS

export class UserStore {
  readonly optOuts: Collection<{ at: number }>
  readonly uses: Collection<{ count: number }>
  /** Hints that a user got once and does not get again. */
  readonly hints: Collection<{ at: number }>
  /** The user's Discord locale. */
  readonly locales: Collection<{ locale: string; at: number }>
  readonly #deletions: Deletions
  readonly #now: () => number

  constructor(store: Store, deletions: Deletions, now: () => number = Date.now) {
    this.#deletions = deletions
    this.optOuts = store.collection({
      name: 'opt-outs',
      whenFull: 'refuse',
      ttlMs: OPT_OUT_MS,
      decode: (data) => z.object({ at: z.number() }).parse(data),
    })
    this.uses = store.collection({
      name: 'uses',
      ttlMs: 2 * DAY_MS,
      decode: (data) => z.object({ count: z.int() }).parse(data),
      index: (_, key) => [userTagOf(key)],
    })
    this.hints = store.collection({
      name: 'hints',
      ttlMs: HINT_MS,
      decode: (data) => z.object({ at: z.number() }).parse(data),
      index: (_, key) => [userTagOf(key)],
    })
    this.locales = store.collection({
      name: 'locales',
      ttlMs: LOCALE_MS,
      decode: (data) => z.object({ locale: z.string(), at: z.number() }).parse(data),
    })
    this.#now = now
  }

  /** Whether a user opted out. */
  async hasOptedOut(userId: string): Promise<boolean> {
    const optOut = await this.optOuts.get(userId)
    if (optOut && this.#now() - optOut.at > DAY_MS) {
      await this.optOuts.update(userId, (before) => before && { at: this.#now() })
    }
    return optOut !== undefined
  }

  async setOptOut(userId: string, out: boolean): Promise<void> {
    await (out ? this.optOuts.set(userId, { at: this.#now() }) : this.optOuts.delete(userId))
  }

  /**
   * Stores the locale of a user, unless they opted out.
   *
   * @param eventId of the interaction or message; nothing is stored if the user's records were
   * deleted after it.
   */
  async storeLocale(userId: string, locale: string, eventId: string): Promise<void> {
    const record = await this.locales.get(userId)
    const isFresh = record?.locale === locale && this.#now() - record.at < DAY_MS
    if (!isFresh && !(await this.hasOptedOut(userId))) {
      const subjects = [`user/${userId}`] as const
      await this.#deletions.write({ startedBy: eventId, subjects }, () =>
        this.locales.set(userId, { locale, at: this.#now() }),
      )
    }
  }

  /** The user's last known locale; undefined if there is none. */
  async localeOf(userId: string, eventId: string): Promise<string | undefined> {
    const record = await this.locales.get(userId)
    if (record) {
      await this.storeLocale(userId, record.locale, eventId)
    }
    return record?.locale
  }

  /** @returns true the first time someone is told something in a channel; then false for a month. */
  async claimHint(
    { guildId, channelId }: Place,
    userId: string,
    eventId: string,
  ): Promise<boolean> {
    let isFirst = false
    const subjects = [`user/${userId}`, `guild/${guildId ?? 'dm'}`] as const
    await this.#deletions.write({ startedBy: eventId, subjects }, () =>
      this.hints.update(`${guildId ?? 'dm'}/${userId}/${channelId}`, (before) => {
        isFirst = before === undefined
        return before ?? { at: this.#now() }
      }),
    )
    return isFirst
  }

  /** A channel was deleted. */
  async deleteHintsIn({ guildId, channelId }: Place): Promise<void> {
    for await (const key of this.hints.keys(`${guildId ?? 'dm'}/`)) {
      await (key.endsWith(`/${channelId}`) ? this.hints.delete(key) : undefined)
    }
  }

  /** Undoes the count of an answer that failed. */
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
   * @throws {InputError} if the limit is reached.
   */
  async countAnswer(guildId: string | null, userId: string, limit: number): Promise<void> {
    if (guildId === null || limit === 0) {
      return
    }
    let isOverLimit = false
    await this.uses.update(this.#today(guildId, userId), (before) => {
      isOverLimit = (before?.count ?? 0) >= limit
      return isOverLimit ? before : { count: (before?.count ?? 0) + 1 }
    })
    if (isOverLimit) {
      throw new InputError('limit/daily', { limit })
    }
  }

  #today(guildId: string, userId: string): string {
    return `${guildId}/${userId}/${new Date(this.#now()).toISOString().slice(0, 10)}`
  }
}

/** A server's moderation settings in the store, with the version of its hash list. */

import { z } from 'zod'
import { DAY_MS, MINUTE_MS } from '../../config/durations.ts'
import {
  DEFAULT_MODERATION,
  type ModerationSettings,
  readModerationSettings,
} from '../../commands/moderation/settings.ts'
import type { Collection, Store } from '../store/types.ts'
import type { Burst } from './hashes/postings.ts'

/** Settings expire 400 days after they were last changed or used. */
const LIFE_MS = 400 * DAY_MS

/** `list` is the version of the hash list; each change increments it, so that other processes load it again. */
type StoredModeration = {
  readonly settings: ModerationSettings
  readonly list: number
  /** The number of the last case. */
  readonly cases: number
  /** When the server chose a channel for cases, in milliseconds; null: not yet, or not known. */
  readonly beganAt: number | null
  readonly at: number
}

const storedSchema = z.object({
  settings: z.unknown(),
  list: z.int(),
  cases: z.int().default(0),
  beganAt: z.number().nullable().default(null),
  at: z.number(),
})

export class GuildModeration {
  readonly collection: Collection<StoredModeration>

  constructor(store: Store) {
    this.collection = store.collection<StoredModeration>({
      name: 'moderation',
      whenFull: 'refuse',
      ttlMs: LIFE_MS,
      decode: (data) => {
        const { settings, ...rest } = storedSchema.parse(data)
        return { ...rest, settings: readModerationSettings(settings) }
      },
    })
  }

  async of(guildId: string): Promise<{ settings: ModerationSettings; hashListVersion: number }> {
    const stored = await this.collection.get(guildId)
    if (stored && Date.now() - stored.at > DAY_MS) {
      await this.collection.update(guildId, (old) => old && { ...old, at: Date.now() })
    }
    return { settings: stored?.settings ?? DEFAULT_MODERATION, hashListVersion: stored?.list ?? 0 }
  }

  /** When the server chose a channel for cases, in milliseconds; null: not yet, or not known. */
  async beganAt(guildId: string): Promise<number | null> {
    return (await this.collection.get(guildId))?.beganAt ?? null
  }

  async change(
    guildId: string,
    change: (settings: ModerationSettings) => ModerationSettings,
  ): Promise<void> {
    await this.#update(guildId, (old) => {
      const settings = change(old.settings)
      const begins = old.settings.logChannel === null && settings.logChannel !== null
      return { ...old, settings, beganAt: begins ? Date.now() : old.beganAt }
    })
  }

  /** Increments the version of the hash list. @returns the new version. */
  async hashListChanged(guildId: string): Promise<number> {
    const stored = await this.#update(guildId, (old) => ({ ...old, list: old.list + 1 }))
    return stored?.list ?? 0
  }

  /** Has all processes load the hash list again, if the server still has settings. */
  async reloadHashList(guildId: string): Promise<void> {
    await this.collection.update(guildId, (old) => old && { ...old, list: old.list + 1 })
  }

  /** Counts a new case. @returns its number, from 1. */
  async nextCaseNumber(guildId: string): Promise<number> {
    const stored = await this.#update(guildId, (old) => ({ ...old, cases: old.cases + 1 }))
    return stored?.cases ?? 1
  }

  #update(guildId: string, change: (old: StoredModeration) => StoredModeration) {
    return this.collection.update(guildId, (old) => {
      const before = old ?? {
        settings: DEFAULT_MODERATION,
        list: 0,
        cases: 0,
        beganAt: null,
        at: 0,
      }
      return { ...change(before), at: Date.now() }
    })
  }
}

/** What counts as a burst on a server. */
export function burstOf({ burstChannels, burstMinutes }: ModerationSettings): Burst {
  return { channels: burstChannels, withinMs: burstMinutes * MINUTE_MS }
}

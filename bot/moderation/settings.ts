/** A server's moderation settings in the store, with the version of its hash list. */

import { z } from 'zod'
import { DAY_MS } from '../../config/durations.ts'
import {
  DEFAULT_MODERATION,
  type ModerationSettings,
  readModerationSettings,
} from '../../commands/moderation/settings.ts'
import type { Collection, Store } from '../store/types.ts'

/** Settings expire 400 days after they were last changed or used. */
const LIFE_MS = 400 * DAY_MS

/** `list` is the version of the hash list; each change increments it, so that other processes load it again. */
type StoredModeration = {
  readonly settings: ModerationSettings
  readonly list: number
  readonly at: number
}

const storedSchema = z.object({ settings: z.unknown(), list: z.int(), at: z.number() })

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

  async change(
    guildId: string,
    change: (settings: ModerationSettings) => ModerationSettings,
  ): Promise<void> {
    await this.collection.update(guildId, (old) => ({
      settings: change(old?.settings ?? DEFAULT_MODERATION),
      list: old?.list ?? 0,
      at: Date.now(),
    }))
  }

  /** Increments the version of the hash list. @returns the new version. */
  async hashListChanged(guildId: string): Promise<number> {
    const stored = await this.collection.update(guildId, (old) => ({
      settings: old?.settings ?? DEFAULT_MODERATION,
      list: (old?.list ?? 0) + 1,
      at: Date.now(),
    }))
    return stored?.list ?? 0
  }
}

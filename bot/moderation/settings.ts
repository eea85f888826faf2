/** A server's moderation settings in the store, with the version of its list of hashes. */

import { z } from 'zod'
import { DAY_MS } from '../../config/durations.ts'
import {
  DEFAULT_MODERATION,
  type ModerationSettings,
  readModerationSettings,
} from '../../commands/moderation/settings.ts'
import type { Collection, Store } from '../store/types.ts'

/** Settings end 400 days after they were last changed or used; using them renews them. */
const LIFE_MS = 400 * DAY_MS

/** `list` grows with every change to the server's hashes, so that other processes read them again. */
type Kept = { readonly settings: ModerationSettings; readonly list: number; readonly at: number }

const keptSchema = z.object({ settings: z.unknown(), list: z.int(), at: z.number() })

export class GuildModeration {
  readonly space: Collection<Kept>

  constructor(store: Store) {
    this.space = store.collection<Kept>({
      name: 'moderation',
      ttlMs: LIFE_MS,
      decode: (data) => {
        const { settings, ...rest } = keptSchema.parse(data)
        return { ...rest, settings: readModerationSettings(settings) }
      },
    })
  }

  async of(guildId: string): Promise<{ settings: ModerationSettings; list: number }> {
    const kept = await this.space.get(guildId)
    if (kept && Date.now() - kept.at > DAY_MS) {
      await this.space.update(guildId, (old) => old && { ...old, at: Date.now() })
    }
    return kept ?? { settings: DEFAULT_MODERATION, list: 0 }
  }

  async change(
    guildId: string,
    change: (settings: ModerationSettings) => ModerationSettings,
  ): Promise<void> {
    await this.space.update(guildId, (old) => ({
      settings: change(old?.settings ?? DEFAULT_MODERATION),
      list: old?.list ?? 0,
      at: Date.now(),
    }))
  }

  /** The list of hashes was changed. @returns its new version. */
  async listChanged(guildId: string): Promise<number> {
    const kept = await this.space.update(guildId, (old) => ({
      settings: old?.settings ?? DEFAULT_MODERATION,
      list: (old?.list ?? 0) + 1,
      at: Date.now(),
    }))
    return kept?.list ?? 0
  }
}

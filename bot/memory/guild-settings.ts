/** A server's settings in the store, and what follows from them. */

import { z } from 'zod'
import { HOUR_MS } from '../../config/durations.ts'
import {
  DEFAULT_GUILD_SETTINGS,
  type GuildSettings,
  readGuildSettings,
} from '../../commands/guild-settings.ts'
import type { Collection, Store } from '../store/types.ts'

/** Settings expire 400 days after their last change or use; use renews them. */
const LIFE_MS = 400 * 24 * HOUR_MS
const RENEW_MS = 24 * HOUR_MS

type SettingsRecord = { readonly settings: GuildSettings; readonly at: number }

export class GuildSettingsStore {
  readonly space: Collection<SettingsRecord>
  /** The operator's limit. */
  readonly maxRetentionMs: number

  constructor(store: Store, maxRetentionMs: number) {
    this.space = store.collection<SettingsRecord>({
      name: 'settings',
      whenFull: 'refuse',
      ttlMs: LIFE_MS,
      decode: decodeRecord,
    })
    this.maxRetentionMs = maxRetentionMs
  }

  async of(guildId: string | null): Promise<GuildSettings> {
    const record = guildId === null ? undefined : await this.space.get(guildId)
    if (record && guildId !== null && Date.now() - record.at > RENEW_MS) {
      await this.space.update(guildId, (old) => old && { ...old, at: Date.now() })
    }
    return record?.settings ?? DEFAULT_GUILD_SETTINGS
  }

  async change(guildId: string, change: (settings: GuildSettings) => GuildSettings) {
    await this.space.update(guildId, (old) => ({
      settings: change(old?.settings ?? DEFAULT_GUILD_SETTINGS),
      at: Date.now(),
    }))
  }

  /** Stores settings for a server that has none. */
  async begin(guildId: string, settings: GuildSettings): Promise<void> {
    await this.space.update(guildId, (old) => old ?? { settings, at: Date.now() })
  }

  /** How long a server's conversations are kept after their last use, in milliseconds. */
  async ttlMs(guildId: string | null): Promise<number> {
    const { retentionHours } = await this.of(guildId)
    return Math.min((retentionHours ?? Infinity) * HOUR_MS, this.maxRetentionMs)
  }
}

const recordSchema = z.object({ settings: z.unknown(), at: z.number() })

function decodeRecord(data: unknown): SettingsRecord {
  const { settings, at } = recordSchema.parse(data)
  return { settings: readGuildSettings(settings), at }
}

/**
 * Deletes here too what Discord deletes. What fails, for instance while the store is away, is tried
 * again until it succeeds.
 */

import { type Client, Events } from 'discord.js'
import { detached } from './operations/detached.ts'
import type { App, AppDeps } from './app.ts'
import { Recovery } from './operations/recovery.ts'

/** Deletions that failed and are tried again, at most. */
const MAX_FAILED = 10_000

/** Listens for what Discord deletes. @returns ends the retries. */
export function mirrorDeletions(
  client: Client,
  { eraser, moderation }: Pick<App, 'eraser' | 'moderation'>,
  { log, retryAfterMs }: Pick<AppDeps, 'log' | 'retryAfterMs'>,
): () => void {
  const failure = 'could not forget'
  const failed = new Set<() => Promise<void>>()
  const recovery = new Recovery({
    work: async () => {
      for (const work of failed) {
        await work()
        failed.delete(work)
      }
    },
    log,
    failure,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
  const settle = (work: () => Promise<void>) => {
    detached(log, failure, async () => {
      try {
        await work()
      } catch (error) {
        if (failed.size < MAX_FAILED) {
          failed.add(work)
        }
        recovery.later()
        throw error
      }
    })
  }
  client.on(Events.MessageDelete, ({ id, guildId, channelId }) => {
    settle(() => eraser.deleteMessages({ guildId, channelId }, [id]))
  })
  client.on(Events.MessageBulkDelete, (messages, { guildId, id: channelId }) => {
    settle(() => eraser.deleteMessages({ guildId, channelId }, [...messages.keys()]))
  })
  client.on(Events.ChannelDelete, (channel) => {
    const guildId = channel.isDMBased() ? null : channel.guildId
    settle(() => eraser.deleteChannel({ guildId, channelId: channel.id }))
  })
  client.on(Events.ThreadDelete, ({ guildId, id }) => {
    settle(() => eraser.deleteChannel({ guildId, channelId: id }))
  })
  client.on(Events.GuildDelete, ({ id }) => {
    settle(async () => {
      await Promise.all([eraser.deleteGuild(id), moderation.forgetGuild(id)])
      log.info('left a server, and deleted its records')
    })
  })
  return () => recovery.stop()
}

/**
 * Deletes the records of what is deleted on Discord. A deletion that fails, for example while the store
 * is away, is retried until it succeeds.
 */

import { type Client, Events } from 'discord.js'
import { detached } from './operations/detached.ts'
import type { App, AppDeps } from './app.ts'
import { Recovery } from './operations/recovery.ts'

/** The most failed deletions that are retried. */
const MAX_FAILED = 10_000

/** Listens for deletions. @returns a function that ends the retries. */
export function mirrorDeletions(
  client: Client,
  { eraser, moderation }: Pick<App, 'eraser' | 'moderation'>,
  { log, retryAfterMs }: Pick<AppDeps, 'log' | 'retryAfterMs'>,
): () => void {
  const failure = 'could not forget'
  const failedDeletions = new Set<() => Promise<void>>()
  const recovery = new Recovery({
    work: async () => {
      for (const work of failedDeletions) {
        await work()
        failedDeletions.delete(work)
      }
    },
    log,
    failure,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
  const runWithRetry = (work: () => Promise<void>) => {
    detached(log, failure, async () => {
      try {
        await work()
      } catch (error) {
        if (failedDeletions.size < MAX_FAILED) {
          failedDeletions.add(work)
        }
        recovery.later()
        throw error
      }
    })
  }
  client.on(Events.MessageDelete, ({ id, guildId, channelId }) => {
    runWithRetry(() => eraser.deleteMessages({ guildId, channelId }, [id]))
  })
  client.on(Events.MessageBulkDelete, (messages, { guildId, id: channelId }) => {
    runWithRetry(() => eraser.deleteMessages({ guildId, channelId }, [...messages.keys()]))
  })
  client.on(Events.ChannelDelete, (channel) => {
    const guildId = channel.isDMBased() ? null : channel.guildId
    runWithRetry(() => eraser.deleteChannel({ guildId, channelId: channel.id }))
  })
  client.on(Events.ThreadDelete, ({ guildId, id }) => {
    runWithRetry(() => eraser.deleteChannel({ guildId, channelId: id }))
  })
  client.on(Events.GuildDelete, ({ id }) => {
    runWithRetry(async () => {
      await Promise.all([eraser.deleteGuild(id), moderation.forgetGuild(id)])
      log.info('left a server, and deleted its records')
    })
  })
  return () => recovery.stop()
}

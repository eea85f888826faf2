/**
 * Deletes the records of what is deleted on Discord. A deletion that fails, for example while the store
 * is away, is retried until it succeeds. What the bot does not hear is found by
 * bot/reconciliation.ts.
 */

import { type Client, Events, type Message, type PartialMessage } from 'discord.js'
import { detached } from './operations/detached.ts'
import type { App, AppDeps } from './app.ts'
import { canReadContent, everythingShownIn } from './discord/message-pictures.ts'
import { PendingDeletionError } from './memory/pending-deletions.ts'
import { Recovery } from './operations/recovery.ts'

/** The most failed deletions that are retried. */
const MAX_FAILED = 10_000

/** Listens for deletions. @returns a function that ends the retries. */
export function mirrorDeletions(
  client: Client,
  { eraser, reconciliation, moderation }: Pick<App, 'eraser' | 'reconciliation' | 'moderation'>,
  deps: Pick<AppDeps, 'log' | 'retryAfterMs'>,
): () => void {
  const { runWithRetry, stop } = retries(deps)
  client.on(Events.MessageDelete, ({ id, guildId, channelId }) => {
    runWithRetry(() => eraser.messages.delete({ guildId, channelId }, [id]))
    if (guildId !== null) {
      runWithRetry(() => moderation.forgetEvidence(guildId, { messages: [id] }))
    }
  })
  client.on(Events.MessageBulkDelete, (messages, { guildId, id: channelId }) => {
    const ids = [...messages.keys()]
    runWithRetry(() => eraser.messages.delete({ guildId, channelId }, ids))
    runWithRetry(() => moderation.forgetEvidence(guildId, { messages: ids }))
  })
  client.on(Events.MessageUpdate, (before, message) => {
    if (message.author?.id !== client.user?.id) {
      const earlier = before.partial ? [] : everythingShownIn(before).map(({ key }) => key)
      runWithRetry(() => deleteEditedOut(message, earlier, eraser))
    }
  })
  client.on(Events.ChannelDelete, (channel) => {
    const guildId = channel.isDMBased() ? null : channel.guildId
    const threads = 'threads' in channel ? [...channel.threads.cache.keys()] : []
    for (const channelId of [channel.id, ...threads]) {
      runWithRetry(() => eraser.deleteChannel({ guildId, channelId }))
    }
    if (guildId !== null) {
      runWithRetry(() => moderation.forgetEvidence(guildId, { channel: channel.id }))
    }
    // Discord does not tell of its threads, and archived ones are not in the cache.
    if (guildId !== null) {
      runWithRetry(() => reconciliation.deleteMissingChannels(guildId))
    }
  })
  client.on(Events.ThreadDelete, ({ guildId, id }) => {
    runWithRetry(() => eraser.deleteChannel({ guildId, channelId: id }))
  })
  client.on(Events.GuildDelete, ({ id }) => {
    runWithRetry(() => reconciliation.deleteGuild(id))
  })
  return stop
}

/** Runs deletions, and retries those that fail. */
function retries({ log, retryAfterMs }: Pick<AppDeps, 'log' | 'retryAfterMs'>) {
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
        if (error instanceof PendingDeletionError) {
          return // it is logged, and repeated by its record
        }
        if (failedDeletions.size < MAX_FAILED) {
          failedDeletions.add(work)
        }
        recovery.later()
        throw error
      }
    })
  }
  return { runWithRetry, stop: () => recovery.stop() }
}

/** A message was edited, and may have lost pictures. */
async function deleteEditedOut(
  message: Message | PartialMessage,
  earlier: readonly string[],
  eraser: App['eraser'],
): Promise<void> {
  const whole = message.partial ? await message.fetch().catch(() => null) : message
  if (whole && canReadContent(whole)) {
    const { guildId, channelId, id } = whole
    const present = everythingShownIn(whole).map(({ key }) => key)
    await eraser.messages.deletePicturesExcept({ guildId, channelId }, id, { present, earlier })
  }
}

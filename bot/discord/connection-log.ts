/** Logs when the gateway is lost, and when it is back. */

import { type Client, Events } from 'discord.js'
import type { Logger } from 'pino'

/** Discord itself asks for a new connection every few hours; that takes less. */
const LOST_AFTER_MS = 5000

/** A shard without a connection. */
type Loss = { readonly since: number; readonly timer: NodeJS.Timeout; isLogged: boolean }

/** Warns of a shard that has no connection for some seconds, and says when it is connected again. */
export function logConnection(client: Client, log: Logger, lostAfterMs = LOST_AFTER_MS): void {
  const losses = new Map<number, Loss>()
  const lost = (shard: number) => {
    if (losses.has(shard)) {
      return
    }
    const timer = setTimeout(() => {
      log.warn({ shard }, 'the connection to Discord is lost; trying again until it answers')
      loss.isLogged = true
    }, lostAfterMs).unref()
    const loss: Loss = { since: Date.now(), timer, isLogged: false }
    losses.set(shard, loss)
  }
  const connected = (shard: number) => {
    const loss = losses.get(shard)
    losses.delete(shard)
    clearTimeout(loss?.timer)
    if (loss?.isLogged) {
      const seconds = Math.round((Date.now() - loss.since) / 1000)
      log.info({ shard, seconds }, 'connected to Discord again')
    }
  }
  client.on(Events.ShardReconnecting, lost)
  client.on(Events.ShardDisconnect, (_, shard) => lost(shard))
  client.on(Events.ShardResume, connected)
  client.on(Events.ShardReady, connected)
}

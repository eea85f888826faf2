/** Opens the model that the hosts of a queue run. */

import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { ConfigError } from '../../config/errors.ts'
import { createModel } from '../../inference/model.ts'
import type { Model } from '../../inference/contract/types.ts'
import { QueueConnection, whileStarting } from './connection.ts'
import { checkKey, readCards, type SealedQueue } from './hosts.ts'
import type { Cards } from './messages/messages.ts'
import { QueueBackend, type QueueBackendOptions } from './queue-backend.ts'
import { Sealer } from './messages/sealing.ts'

const LOOK_EVERY_MS = 500
/** How often it is logged that no host has been there. */
const TELL_EVERY_MS = 30_000

export type QueueAddress = {
  /** `redis://…` or `rediss://…`; may contain a password. */
  readonly url: string
  /** As of the store; at least one. */
  readonly keys: readonly Uint8Array[]
  readonly log: Logger
}

/** Connects to a queue. @throws {ConfigError} if there is no key, or Redis cannot be reached. */
export async function openQueue({ url, keys, log }: QueueAddress): Promise<SealedQueue> {
  if (keys.length === 0) {
    throw new ConfigError([
      'SIGHTSEER_STORE_KEY is not set. Pictures, questions and answers are in the queue only encrypted: set the same key for all bots and workers (`openssl rand -base64 32`).',
    ])
  }
  const connection = await QueueConnection.open(url, (error) => {
    log.warn({ err: error }, 'the queue has a problem')
  })
  return { connection, sealer: new Sealer(keys) }
}

/**
 * Opens the model. Waits until a host has been there, which tells what model it is.
 *
 * @throws {ConfigError} if Redis cannot be reached, or is used with another key.
 */
export async function openQueueModel(
  address: QueueAddress,
  options: Omit<QueueBackendOptions, 'log'> = {},
): Promise<Model> {
  const { log } = address
  const queue = await openQueue(address)
  try {
    await whileStarting(queue.connection, () => checkKey(queue))
    const cards = await waitForCards(queue, log)
    const backend = await QueueBackend.open(queue, cards, { ...options, log })
    const { matcher } = cards
    return createModel(backend, matcher && { card: matcher, backend })
  } catch (error) {
    await queue.connection.close()
    throw error
  }
}

async function waitForCards(queue: SealedQueue, log: Logger): Promise<Cards> {
  const { connection } = queue
  let toldAt = -Infinity
  for (;;) {
    const cards = await whileStarting(connection, () => readCards(queue))
    if (cards !== null) {
      return cards
    }
    if (Date.now() - toldAt > TELL_EVERY_MS) {
      toldAt = Date.now()
      log.warn({ queue: connection.shownUrl }, 'waiting for a worker: npm run worker')
    }
    await delay(LOOK_EVERY_MS)
  }
}

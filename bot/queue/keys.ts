/** Names of what the queue has in Redis. docs/many-machines.md lists them. */

import type { Urgency } from '../../inference/contract/types.ts'

/** Before each name, those of BullMQ too. */
export const PREFIX = 'sightseer-queue'

/**
 * Two queues of BullMQ, so that requests for which nobody waits cannot take every place of a host: it
 * takes half as many of the second one.
 */
export const QUEUES = ['awaited', 'background'] as const
export type QueueName = (typeof QUEUES)[number]

export const QUEUE_OF: Readonly<Record<Urgency, QueueName>> = {
  interactive: 'awaited',
  normal: 'awaited',
  background: 'background',
  bulk: 'background',
}

/** A request and its picture, sealed; it expires at the request's deadline. */
export const requestKey = (id: string) => `${PREFIX}:request:${id}`
/** What a host computed from a picture alone, sealed. @param name that only the key gives. */
export const featuresKey = (name: string) => `${PREFIX}:features:${name}`
/** Sorted set of those keys, by the time when they were written; milliseconds since 1970. */
export const FEATURES = `${PREFIX}:features`
/** Stream of what hosts tell a bot, sealed. It is there while the bot is. */
export const answersKey = (bot: string) => `${PREFIX}:answers:${bot}`
/** Stream of what bots tell all hosts, sealed. */
export const CONTROL = `${PREFIX}:control`
/** The cards of the model, sealed. */
export const CARDS = `${PREFIX}:cards`
/** Sorted set of hosts, by the time of their last report; milliseconds since 1970. */
export const HOSTS = `${PREFIX}:hosts`
/** What a host reports of itself, sealed. */
export const hostKey = (host: string) => `${PREFIX}:host:${host}`
/** A value that only the right key opens. */
export const KEY_CHECK = `${PREFIX}:key-check`
/** BullMQ's own: the sorted set of waiting jobs, and the hash of a job. */
export const waitingKey = (queue: QueueName) => `${PREFIX}:${queue}:prioritized`
export const jobKey = (queue: QueueName, id: string) => `${PREFIX}:${queue}:${id}`

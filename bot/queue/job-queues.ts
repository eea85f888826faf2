/** The jobs of BullMQ: names and priorities of requests, and nothing of what is asked. */

import { createNodeRedisClient, ErrorCode, Job, Queue } from 'bullmq'
import type { Logger } from 'pino'
import { detached } from '../operations/detached.ts'
import type { QueueConnection } from './connection.ts'
import { jobKey, PREFIX, type QueueName, QUEUES, waitingKey } from './keys.ts'

/** Failed jobs are kept for a bot to see, and then no longer. */
const KEEP_FAILED = { age: 3600, count: 1000 }
/** BullMQ writes an event for each change of a job; nobody reads them. */
const MAX_EVENTS = 100
const JOB_OPTIONS = {
  removeOnComplete: true,
  removeOnFail: KEEP_FAILED,
  /** A host whose model died tries once more. */
  attempts: 2,
  stackTraceLimit: 0,
}

/** What BullMQ knows of a request. */
export type JobState =
  | { readonly kind: 'waiting'; readonly ahead: number }
  | { readonly kind: 'active' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'absent' }

export class JobQueues {
  readonly #connection: QueueConnection
  readonly #log: Logger
  readonly #queues: ReadonlyMap<QueueName, Queue>

  constructor(connection: QueueConnection, log: Logger) {
    this.#connection = connection
    this.#log = log
    const options = {
      connection: createNodeRedisClient(connection.client),
      prefix: PREFIX,
      streams: { events: { maxLen: MAX_EVENTS } },
      defaultJobOptions: JOB_OPTIONS,
    }
    this.#queues = new Map(
      QUEUES.map((name) => {
        const queue = new Queue(name, options)
        queue.on('error', (error) => log.debug({ err: error }, 'the queue has a problem'))
        return [name, queue]
      }),
    )
  }

  /** Waits until BullMQ is ready, which tries once. @throws if Redis does not answer it. */
  async ready(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.waitUntilReady()))
  }

  /** Adds a job, unless it is there. @param priority from 1; the smallest goes first. */
  async add(queue: QueueName, id: string, priority: number): Promise<void> {
    await this.#queueOf(queue).add('request', null, { jobId: id, priority })
  }

  /** Number of jobs that wait. */
  waiting(queue: QueueName): Promise<number> {
    return this.#connection.client.zCard(waitingKey(queue))
  }

  /** Removes a job unless a host works on it. */
  async remove(queue: QueueName, id: string): Promise<void> {
    await this.#queueOf(queue).remove(id)
  }

  /** Does nothing while Redis is away: only the order depends on it. */
  changePriority(queue: QueueName, id: string, priority: number): void {
    if (!this.#connection.isReady) {
      return
    }
    detached(this.#log, 'the order of requests could not be changed', async () => {
      const job = await Job.fromId(this.#queueOf(queue), id)
      await job?.changePriority({ priority }).catch((error: unknown) => {
        if (!isGone(error)) {
          throw error
        }
      })
    })
  }

  async stateOf(queue: QueueName, id: string): Promise<JobState> {
    const { client } = this.#connection
    const [ahead, [added, finished, reason]] = await Promise.all([
      client.zRank(waitingKey(queue), id),
      client.hmGet(jobKey(queue, id), ['timestamp', 'finishedOn', 'failedReason']),
    ])
    if (ahead !== null) {
      return { kind: 'waiting', ahead }
    }
    if (added === null || added === undefined) {
      return { kind: 'absent' }
    }
    return finished === null || finished === undefined
      ? { kind: 'active' }
      : { kind: 'failed', reason: reason ?? '' }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()))
  }

  #queueOf(name: QueueName): Queue {
    const queue = this.#queues.get(name)
    if (queue === undefined) {
      throw new RangeError(`expected one of ${QUEUES.join(', ')}, got ${name}`)
    }
    return queue
  }
}

/** Whether BullMQ says that there is no such job: it was answered meanwhile. */
function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === ErrorCode.JobNotExist
}

/** What hosts tell of themselves: the model that they run, and that they are there. */

import { createHash } from 'node:crypto'
import { z } from 'zod'
import { DAY_MS } from '../../config/durations.ts'
import { ConfigError } from '../../config/errors.ts'
import { statsSchema } from '../../inference/backends/protocol.ts'
import type { ModelStats } from '../../inference/contract/types.ts'
import type { QueueConnection } from './connection.ts'
import { CARDS, hostKey, HOSTS, KEY_CHECK } from './keys.ts'
import {
  type Cards,
  cardsSchema,
  pack,
  type Report,
  reportSchema,
  unpack,
} from './messages/messages.ts'
import { NotOpenedError, type Sealer } from './messages/sealing.ts'

/** How often a host reports. */
export const REPORT_EVERY_MS = 5000
/** A host that has not reported for this long is not there. */
const HOST_TTL_MS = 4 * REPORT_EVERY_MS
/** Renewed by each start and each report. */
const LONG_MS = 30 * DAY_MS

const names = z.array(z.instanceof(Buffer))
const values = z.array(z.instanceof(Buffer).nullable())

/** Redis with the key that everything in it is sealed with. */
export type SealedQueue = { readonly connection: QueueConnection; readonly sealer: Sealer }

/** @throws {ConfigError} if the queue is used with a key that this process does not have. */
export async function checkKey({ connection, sealer }: SealedQueue): Promise<void> {
  const fresh = sealer.seal(Buffer.alloc(0), KEY_CHECK)
  await connection.command('SET', KEY_CHECK, fresh, 'NX', 'PX', String(LONG_MS))
  const stored = await connection.get(KEY_CHECK)
  try {
    sealer.open(stored ?? fresh, KEY_CHECK)
  } catch (cause) {
    if (!(cause instanceof NotOpenedError)) {
      throw cause
    }
    const problem = `The queue at ${connection.shownUrl} is used with another SIGHTSEER_STORE_KEY. Bots and workers need the same one. To change keys, put the new one first and the old one after a comma, everywhere.`
    throw new ConfigError([problem], { cause })
  }
  if (stored === null || sealer.isCurrent(stored)) {
    await connection.command('PEXPIRE', KEY_CHECK, String(LONG_MS))
  } else {
    await connection.command('SET', KEY_CHECK, fresh, 'PX', String(LONG_MS))
  }
}

/** The model that the hosts run; null: no host has been there. */
export async function readCards({ connection, sealer }: SealedQueue): Promise<Cards | null> {
  const stored = await connection.get(CARDS)
  return stored && unpack(sealer.open(stored, CARDS), cardsSchema).value
}

export async function writeCards(queue: SealedQueue, cards: Cards): Promise<void> {
  const sealed = queue.sealer.seal(pack(cards), CARDS)
  await queue.connection.command('SET', CARDS, sealed, 'PX', String(LONG_MS))
}

/** The same for hosts with the same model. */
export function digestOf(cards: Cards): string {
  return createHash('sha256').update(JSON.stringify(cards)).digest('hex')
}

/** Says that a host is there. */
export async function sendReport(queue: SealedQueue, host: string, report: Report): Promise<void> {
  const { connection, sealer } = queue
  const key = hostKey(host)
  await Promise.all([
    connection.command('SET', key, sealer.seal(pack(report), key), 'PX', String(HOST_TTL_MS)),
    connection.command('ZADD', HOSTS, String(Date.now()), host),
    connection.command('PEXPIRE', HOSTS, String(LONG_MS)),
    connection.command('PEXPIRE', CARDS, String(LONG_MS)),
  ])
}

export async function withdrawReport({ connection }: SealedQueue, host: string): Promise<void> {
  await Promise.all([
    connection.command('DEL', hostKey(host)),
    connection.command('ZREM', HOSTS, host),
  ])
}

/** The counters of all hosts together; null if there is none that has some. */
export function sumStats(reports: readonly Report[]): ModelStats | null {
  const all = reports.flatMap(({ stats }) => stats ?? [])
  const sum = all.reduce<unknown>((total, stats) => added(total, stats), undefined)
  return sum === undefined ? null : statsSchema.parse(sum)
}

/** Adds the numbers in two values of one shape; what is no number is that of the first. */
function added(total: unknown, more: unknown): unknown {
  if (typeof total === 'number' && typeof more === 'number') {
    return total + more
  }
  if (!isRecord(more)) {
    return total ?? more
  }
  const parts = isRecord(total) ? total : {}
  return Object.fromEntries(
    Object.entries(more).map(([name, value]) => [name, added(parts[name], value)]),
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

/** The reports of all hosts that are there. */
export async function readReports({ connection, sealer }: SealedQueue): Promise<Report[]> {
  const hosts = names.parse(await connection.command('ZRANGE', HOSTS, '0', '-1')).map(String)
  if (hosts.length === 0) {
    return []
  }
  const stored = values.parse(await connection.command('MGET', ...hosts.map(hostKey)))
  const gone = hosts.filter((_, index) => stored[index] === null)
  if (gone.length > 0) {
    await connection.command('ZREM', HOSTS, ...gone)
  }
  return stored.flatMap((sealed, index) => {
    const key = hostKey(hosts[index] ?? '')
    return sealed === null ? [] : [unpack(sealer.open(sealed, key), reportSchema).value]
  })
}

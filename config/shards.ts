/** Which of Discord's shards a process connects, and which servers belong to them. */

import { ConfigError } from './errors.ts'
import { text } from './fields.ts'

/** Shards of one process. */
export type Shards = {
  /** Shards of all processes together; `auto`: as many as Discord recommends, all in this process. */
  readonly count: number | 'auto'
  /** Those of this process, ascending, each below `count`; undefined: all. */
  readonly ids: readonly number[] | undefined
}

/** Whether the events of a server, or direct messages (null), come to this process. */
export type OwnsGuild = (guildId: string | null) => boolean

/** The bits below the time in Discord's ids. */
const BELOW_TIME = 22n
const MOST = 16_384

/** Numbers and ranges, such as `0-3,7`. */
export const shardIds = text.transform((value, context) => {
  const ranges = value?.split(',').map((part) => /^\s*(\d{1,5})(?:-(\d{1,5}))?\s*$/.exec(part))
  const ids = (ranges ?? []).flatMap((range) => {
    const [, first = '', last = first] = range ?? []
    const length = Number(last) - Number(first) + 1
    if (range === null || length < 1 || Number(last) >= MOST) {
      const message = `must be numbers from 0 to ${MOST - 1} or ranges of them, such as 0-3,7`
      context.addIssue({ code: 'custom', message })
      return []
    }
    return Array.from({ length }, (_, i) => Number(first) + i)
  })
  return value === undefined ? undefined : [...new Set(ids)].toSorted((a, b) => a - b)
})

/** @throws {ConfigError} if the shards of this process are none of those that there are. */
export function shardsOf(count: Shards['count'], ids: Shards['ids']): Shards {
  if (ids !== undefined && count === 'auto') {
    throw new ConfigError(['SHARD_IDS needs SHARDS, the number of shards of all processes.'])
  }
  const beyond = ids?.find((id) => id >= Number(count))
  if (beyond !== undefined) {
    throw new ConfigError([
      `SHARD_IDS names shard ${beyond}, but SHARDS is ${count}: the last one is ${Number(count) - 1}.`,
    ])
  }
  return { count, ids }
}

/**
 * The shard that a server's events come to.
 *
 * Source: Discord, events/gateway.mdx, "Sharding".
 */
export function shardOf(guildId: string, count: number): number {
  return Number((BigInt(guildId) >> BELOW_TIME) % BigInt(count))
}

/** Which servers belong to the shards of a process. */
export function guildsOf({ count, ids }: Shards): OwnsGuild {
  return count === 'auto' || ids === undefined
    ? () => true
    : (guildId) => ids.includes(guildId === null ? 0 : shardOf(guildId, count))
}

/**
 * Discord's ids: milliseconds since 2015 in the upper 42 bits, a counter below.
 *
 * Documented in reference.mdx, "Snowflakes".
 */

import type { Clock } from './clock.ts'

const DISCORD_EPOCH_MS = 1_420_070_400_000n

/**
 * Generates ids that increase with time and are unique, even within one millisecond.
 *
 * @param after all of them are larger than this one.
 */
export function snowflakes(clock: Clock, after = 0n): () => string {
  let last = after
  return () => {
    const floor = (BigInt(clock.now()) - DISCORD_EPOCH_MS) << 22n
    last = floor > last ? floor : last + 1n
    return String(last)
  }
}

/** The smallest snowflake of that time, in milliseconds since 1970. */
export function snowflakeAt(ms: number): string {
  return String((BigInt(ms) - DISCORD_EPOCH_MS) << 22n)
}

/** When the id was made, in milliseconds since 1970. */
export function snowflakeTime(id: string): number {
  return Number((BigInt(id) >> 22n) + DISCORD_EPOCH_MS)
}

/** Orders ids by age, oldest first. */
export function compareIds(a: string, b: string): number {
  // Without leading zeros a longer number is a larger one; comparing texts is faster than numbers.
  if (a.length !== b.length) {
    return a.length - b.length
  }
  return a < b ? -1 : a > b ? 1 : 0
}

/** Puts the entries of a map in the order of their ids. */
export function sortById<T>(records: Map<string, T>): void {
  const sorted = [...records].toSorted(([a], [b]) => compareIds(a, b))
  records.clear()
  for (const [id, record] of sorted) {
    records.set(id, record)
  }
}

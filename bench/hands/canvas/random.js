/** Seeded draws: the same picture every time. */

/** A generator of 32 bits (xorshift, Marsaglia 2003). */
export function dice(seed) {
  let state = (seed * 2654435761 + 97) >>> 0 || 1
  const next = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state / 2 ** 32
  }
  for (let i = 0; i < 12; i++) {
    next()
  }
  const between = (low, high) => low + (high - low) * next()
  return {
    between,
    /** Evenly spread over ratios: as many between 1 and 2 as between 2 and 4. */
    ratio: (low, high) => Math.exp(between(Math.log(low), Math.log(high))),
    chance: (share) => next() < share,
    pick: (list) => list[Math.floor(next() * list.length)],
    /** A key of `{ key: weight }`. */
    weighed(weights) {
      const entries = Object.entries(weights)
      let at = next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
      for (const [key, weight] of entries) {
        at -= weight
        if (at < 0) {
          return key
        }
      }
      return entries[0][0]
    },
  }
}

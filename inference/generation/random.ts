/** Random draws that are reproducible by a seed. */

/** Returns a number in [0, 1) at each call. */
export type Random = () => number

/**
 * A generator with 32 bits of state: good enough to draw tokens, and the same on every machine.
 *
 * Source: the public-domain splitmix32 mixer, with MurmurHash3's finalizer constants.
 *
 * @param seed an integer in [0, 2 ** 32).
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
  }
}

/**
 * Draws an index by its probability.
 *
 * @param probabilities float32 [vocabSize], at least 0; their sum is about 1.
 */
export function drawOne(probabilities: Float32Array, random: Random): number {
  let total = 0
  for (const probability of probabilities) {
    total += probability
  }
  let rest = random() * total
  let last = 0
  for (let i = 0; i < probabilities.length; i++) {
    if (probabilities[i]! > 0) {
      last = i
      rest -= probabilities[i]!
      if (rest < 0) {
        return i
      }
    }
  }
  return last // reached only through rounding
}

/**
 * Divides every probability by an exponential draw. The descending order of the results is the order
 * of draws without replacement; torch.multinomial draws several indices this way.
 *
 * @param probabilities float32, any length.
 * @returns float32, same length, at least 0.
 */
export function exponentialRace(probabilities: Float32Array, random: Random): Float32Array {
  return probabilities.map(
    (probability) => probability / -Math.log(1 - random() || Number.MIN_VALUE),
  )
}

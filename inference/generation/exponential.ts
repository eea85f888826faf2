/**
 * Sums of exp(value - max) over a vocabulary, which are a large part of a step of a small model: in half the time of
 * Math.exp, with a relative error below 1e-10.
 *
 * x = k · ln 2 / 16 + rest: a power of two, a root of two, and five terms of the series.
 */

const STEPS = 16
const STEP = Math.LN2 / STEPS
const PER_UNIT = STEPS / Math.LN2
/** Below this the result, which is under 1e-304, is 0. */
const LOWEST = -700
/** The lowest power of two in the table. */
const LOWEST_POWER = Math.floor(LOWEST / Math.LN2) - 1
const ROOTS = Float64Array.from({ length: STEPS }, (_, i) => 2 ** (i / STEPS))
/** From 2 ** LOWEST_POWER to 1. */
const POWERS = Float64Array.from({ length: 1 - LOWEST_POWER }, (_, i) => 2 ** (i + LOWEST_POWER))

/**
 * All in one function, and by index: V8 makes machine code of it that is several times as fast as of an iterator or of
 * a call for each value.
 *
 * @param values float32, none above `max`; -Infinity gives 0.
 * @param out gets each, where it is given: the same length.
 * @returns their sum, float64.
 */
export function sumOfExponentials(values: Float32Array, max: number, out?: Float32Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) {
    const x = values[i]! - max
    let value = 0
    if (x > LOWEST) {
      const k = (x * PER_UNIT - 0.5) | 0 // rounds what is not above 0; Math.round takes four times as long
      const rest = x - k * STEP // -0.022 to 0.022
      const series = 1 + rest * (1 + rest * (1 / 2 + rest * (1 / 6 + rest * (1 / 24))))
      value = POWERS[(k >> 4) - LOWEST_POWER]! * ROOTS[k & 15]! * series
    }
    sum += value
    if (out !== undefined) {
      out[i] = value
    }
  }
  return sum
}

/**
 * Arithmetic on one row of scores, float32 at every step where torch rounds to float32.
 *
 * Sums that torch computes in float32 are float64 here: the difference is in the last digit, far
 * smaller than the difference between two tokens' scores.
 */

import { sumOfExponentials } from './exponential.ts'

/**
 * log(softmax(logits)), subtracting as torch's CPU kernel does: first the maximum, then the log of
 * the sum.
 *
 * @param logits float32 [vocabSize]; not changed.
 * @returns float32 [vocabSize], at most 0.
 */
export function logSoftmax(logits: Float32Array): Float32Array {
  const max = maximum(logits)
  const logSum = Math.fround(Math.log(sumOfExponentials(logits, max)))
  const out = new Float32Array(logits.length)
  for (let i = 0; i < logits.length; i++) {
    out[i] = Math.fround(logits[i]! - max) - logSum
  }
  return out
}

/** log(sum(exp(logits))), float64. @param logits float32 [vocabSize]; not changed. */
export function logSumExp(logits: Float32Array): number {
  const max = maximum(logits)
  return max + Math.log(sumOfExponentials(logits, max))
}

/**
 * softmax(logits).
 *
 * @param logits float32, any length; not changed. -Infinity gives 0.
 * @returns float32, same length, 0 to 1; the sum is 1.
 */
export function softmax(logits: Float32Array): Float32Array {
  const max = maximum(logits)
  const out = new Float32Array(logits.length)
  const sum = sumOfExponentials(logits, max, out)
  for (let i = 0; i < out.length; i++) {
    out[i] = out[i]! / sum
  }
  return out
}

/** Index of the largest value; the first of equal ones. */
export function argmax(values: Float32Array): number {
  let best = 0
  for (let i = 1; i < values.length; i++) {
    if (values[i]! > values[best]!) {
      best = i
    }
  }
  return best
}

/** Indices of the `count` largest values, largest first; of equal ones the first comes first. */
export function topIndices(values: Float32Array, count: number): number[] {
  const top: number[] = []
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (top.length === count && value <= values[top[count - 1]!]!) {
      continue
    }
    let place = top.length
    while (place > 0 && values[top[place - 1]!]! < value) {
      place--
    }
    top.splice(place, 0, i)
    if (top.length > count) {
      top.pop()
    }
  }
  return top
}

function maximum(values: Float32Array): number {
  let max = -Infinity
  for (let i = 0; i < values.length; i++) {
    if (values[i]! > max) {
      max = values[i]!
    }
  }
  return max
}

/** How far two tensors are from each other, whatever their shape; both of the same length. */

/** Cosine of the angle between them: 1 where they point the same way. */
export function cosine(a: Float32Array, b: Float32Array): number {
  const { dot, left, right } = sums(a, b)
  return dot / Math.sqrt(left * right)
}

/** Length of the difference over the length of what was expected. */
export function relativeDistance(actual: Float32Array, expected: Float32Array): number {
  const { difference, right } = sums(actual, expected)
  return Math.sqrt(difference / right)
}

function sums(a: Float32Array, b: Float32Array) {
  if (a.length !== b.length) {
    throw new RangeError(`expected ${b.length} numbers, got ${a.length}`)
  }
  let [dot, left, right, difference] = [0, 0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!
    left += a[i]! ** 2
    right += b[i]! ** 2
    difference += (a[i]! - b[i]!) ** 2
  }
  return { dot, left, right, difference }
}

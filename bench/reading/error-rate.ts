/** Character error rate. */

/**
 * Edits from one text to another: insertions, deletions and replacements of code points. White space
 * is one space each, since layouts differ in it.
 */
export function edits(expected: string, actual: string): number {
  const from = codePoints(expected)
  const to = codePoints(actual)
  let row = Uint32Array.from({ length: to.length + 1 }, (_, i) => i)
  for (const [i, character] of from.entries()) {
    const next = new Uint32Array(row.length)
    next[0] = i + 1
    for (let j = 0; j < to.length; j++) {
      const replaced = row[j]! + Number(character !== to[j])
      next[j + 1] = Math.min(replaced, row[j + 1]! + 1, next[j]! + 1)
    }
    row = next
  }
  return row.at(-1)!
}

/** Code points that count. */
export function lengthOf(text: string): number {
  return codePoints(text).length
}

function codePoints(text: string): string[] {
  return Array.from(text.normalize('NFKC').replaceAll(/\s+/gu, ' ').trim())
}

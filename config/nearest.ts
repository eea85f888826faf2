/** Suggests what somebody meant who misspelt a name. */

/** Edits that still count as a slip. */
const MOST_EDITS = 3

/** @returns the most similar of `names`; undefined if none is within a few edits. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const nearest = names
    .map((candidate) => ({ candidate, edits: editsBetween(name, candidate) }))
    .toSorted((a, b) => a.edits - b.edits)[0]
  return nearest && nearest.edits <= Math.min(MOST_EDITS, name.length / 2)
    ? nearest.candidate
    : undefined
}

/** Letters to insert, delete or replace to get from one text to the other (Levenshtein distance). */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + Number(a[i - 1] !== b[j - 1])
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}

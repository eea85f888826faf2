/** Counts right answers by category and prints them as a table. */

export type Tally = {
  add(category: string, right: boolean): void
  /** Share of right answers in a category, or over all of them; null if none was asked. */
  share(category?: string): number | null
  count(category?: string): number
  categories(): string[]
}

export function createTally(): Tally {
  const marks = new Map<string, { right: number; count: number }>()
  const sum = (category?: string) => {
    const chosen = category === undefined ? [...marks.values()] : [marks.get(category)]
    let right = 0
    let count = 0
    for (const mark of chosen) {
      right += mark?.right ?? 0
      count += mark?.count ?? 0
    }
    return { right, count }
  }
  return {
    add(category, right) {
      const mark = marks.get(category) ?? { right: 0, count: 0 }
      marks.set(category, { right: mark.right + (right ? 1 : 0), count: mark.count + 1 })
    },
    share(category) {
      const { right, count } = sum(category)
      return count === 0 ? null : right / count
    },
    count: (category) => sum(category).count,
    categories: () => [...marks.keys()].toSorted(),
  }
}

/** "97.4 %", or a dash where nothing was measured. */
export function percent(share: number | null): string {
  return share === null ? '–' : `${(100 * share).toFixed(1)} %`
}

/** Lines up rows of text in columns: the first to the left, the others to the right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length)
    })
  }
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('   ')
  return `${rows.map(line).join('\n')}\n`
}

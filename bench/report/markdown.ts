/** A table of Markdown. */

/** The first column to the left, the others to the right; cells are padded, as the house's formatter does. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...rest] = rows
  const widths = head.map((_, i) => Math.max(3, ...rows.map((row) => row[i]!.length)))
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  const line = (row: readonly string[]) => {
    const cells = row.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!),
    )
    return `| ${cells.join(' | ')} |`
  }
  return [line(head), line(rule), ...rest.map(line)].join('\n')
}

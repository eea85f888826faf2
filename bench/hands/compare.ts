/** Several models on the same pictures, side by side: the rows of the README's table, a column for each. */

import { markdownTable } from '../report/markdown.ts'
import { percent } from '../report/tally.ts'
import type { Summary } from './report.ts'

/** What one model reached. */
export type Measured = {
  readonly model: string
  readonly family: string
  readonly precision: string
  /** Of the package's files. */
  readonly bytes: number
} & Summary

/** Rows of the table, by what the summary calls them. */
const CAPTIONS: readonly (readonly [row: string, shown: string])[] = [
  ['one object', 'captions that name the object, with its color, of one'],
  ['captions, 2 objects', 'captions that name every object, of two'],
  ['captions, 3 objects', 'the same, of three'],
  ['captions, 1 to 3 objects', 'the same, of one to three'],
  ['all questions', 'questions, exact answer'],
]
const ABSENT = 'question: presence, absent'
const MB = 1e6

/** @returns a table of Markdown; the best of each row is bold. */
export function sideBySide(measured: readonly Measured[]): string {
  const head = ['', ...measured.map(({ model }) => model)]
  const facts = [
    ['type', ...measured.map(({ family }) => family)],
    ['size', ...measured.map(({ bytes }) => `${(bytes / MB).toFixed(1)} MB`)],
  ]
  const rows = rowsOf(measured).map(({ name, shares, isLessBetter }) => {
    const known = shares.filter((share) => share !== null)
    const best = isLessBetter === true ? Math.min(...known) : Math.max(...known)
    const isDecided = known.some((share) => share !== best)
    const cells = shares.map((share) =>
      isDecided && share === best ? `**${percent(share)}**` : percent(share),
    )
    return [name, ...cells]
  })
  return markdownTable([head, ...facts, ...rows])
}

/** Of the section in the training's report; training/write_report.py writes the same. */
const TITLE = '## Models side by side'
const COMMAND = 'npm run bench -- demo --update'

/** What that section says. @param names of the models, in the table's order. */
export function sectionOf(names: readonly string[], table: string): string {
  const command = [COMMAND, ...names.map((name) => `--model ${name}`)].join(' ')
  return `${TITLE}\n\n\`${command}\`, about pictures by hands that are in no training.\n\n${table}\n`
}

/** A report of the training with the section in the place of the one before, else before the pictures. */
export function withSection(report: string, section: string): string {
  const start = report.indexOf(TITLE)
  if (start >= 0) {
    const next = report.slice(start + 1).search(/^(## |!\[)/m)
    return (
      report.slice(0, start) + section + (next < 0 ? '' : `\n${report.slice(start + 1 + next)}`)
    )
  }
  const pictures = report.search(/^!\[/m)
  return pictures < 0
    ? `${report.trimEnd()}\n\n${section}`
    : `${report.slice(0, pictures)}${section}\n${report.slice(pictures)}`
}

type Row = {
  readonly name: string
  readonly shares: readonly (number | null)[]
  readonly isLessBetter?: boolean
}

function rowsOf(measured: readonly Measured[]): Row[] {
  const share = (row: string) => measured.map(({ rows }) => shareOf(rows, row))
  const kinds = measured.map(({ rows }) =>
    rows
      .filter(({ name }) => /^question: [a-z-]+$/.test(name))
      .flatMap(({ shares }) => shares['all'] ?? []),
  )
  const [first] = measured
  return [
    ...CAPTIONS.map(([row, name]) => ({ name, shares: share(row) })),
    { name: 'the best kind of question', shares: kinds.map((all) => Math.max(...all)) },
    { name: 'the weakest kind of question', shares: kinds.map((all) => Math.min(...all)) },
    { name: '"is there a …?" about what is not there: no', shares: share(ABSENT) },
    ...(first?.things ?? []).map(({ name }) => ({
      name: name.endsWith(' named') ? name : `things and digits: ${name}`,
      shares: measured.map(({ things }) => things.find((row) => row.name === name)?.share ?? null),
    })),
    {
      name: 'drawings turned away',
      shares: measured.map(({ turnedAway }) => turnedAway),
      isLessBetter: true,
    },
    {
      name: 'shapes seen in what is no drawing',
      shares: measured.map(({ falseDescriptions }) => falseDescriptions['all'] ?? null),
      isLessBetter: true,
    },
    ...(first?.further ?? []).map(({ name }) => ({
      name,
      shares: measured.map(
        ({ further }) => further.find((row) => row.name === name)?.share ?? null,
      ),
    })),
  ]
}

function shareOf(rows: Summary['rows'], name: string): number | null {
  return rows.find((row) => row.name === name)?.shares['all'] ?? null
}

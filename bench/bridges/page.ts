/** Writes what was measured of the three bridges as a page: docs/three-bridges.md. */

import { percent } from '../report/tally.ts'
import { claimsOf, MARGIN } from './claims.ts'
import type { Cost } from './costs.ts'
import type { Comparison, Group, Row } from './rows.ts'
import { categoryTable, costTable, learnedTable, soonTable, swapTable } from './tables.ts'

export const LEARNING_PICTURE = 'three-bridges-learning.svg'
export const COSTS_PICTURE = 'three-bridges-costs.svg'

const INTRODUCTION = `# Three bridges, measured

A Q-Former, a projector and gated cross-attention between the same frozen vision tower and the same frozen language model, those of
the miniature, trained on the same samples. What each is, and how to repeat a row with one command:
[training/compare/README.md](../training/compare/README.md). Every number is of a command: each row's own below, and this page is
written by \`npm run bench -- three-bridges\`.

Numbers are means over the seeds, with the least and the most in parentheses where there are several.
`

const OTHER_ENDS = `A Q-Former, trained between two ends, gets another one: as it is, after training of the layers that meet the new end alone, and
after training of all of it.`

/** @param costs null where they were not measured: then the page says so. */
export function writePage(comparison: Comparison, costs: readonly Cost[] | null): string {
  const { bridges, elsewhere, swaps } = comparison
  const parts = [
    INTRODUCTION,
    `## Which claims held\n\n${claims(comparison, costs)}`,
    `## What they learn\n\n${learnedTable(bridges)}\n\n${ends(bridges)}\n\n![Share of right answers on the way](${LEARNING_PICTURE})`,
    `## By kind of question\n\n${heldOut(bridges)}\n\n${categoryTable(
      bridges,
      ({ final }) => final,
      ({ text }) => text,
    )}`,
    `## Pictures by other hands\n\nThe pictures of \`bench/hands\`, by renderers that no training picture is from.\n\n${categoryTable(bridges, ({ hands }) => hands)}`,
    `## How soon\n\n${soon(bridges)}`,
    `## What they cost\n\n${costs === null ? 'Not measured yet.' : costSection(costs)}`,
    `## Other ends under a trained Q-Former\n\n${swaps.length === 0 ? 'Not measured yet.' : `${OTHER_ENDS}\n\n${swapTable(comparison)}`}`,
    `## What the numbers do not say\n\n${limits(bridges)}`,
    `## The commands\n\nIn this order: a swap needs the Q-Former that it begins with.\n\n${commands([...bridges, ...elsewhere, ...swaps])}`,
  ]
  return `${parts.map((part) => part.trimEnd()).join('\n\n')}\n`
}

function claims(comparison: Comparison, costs: readonly Cost[] | null): string {
  const points = (100 * MARGIN).toFixed(0)
  return `Computed from the numbers of this page. One accuracy is better than another where its mean is ${points} points higher or more and every seed's is
higher; nothing is lost where less than ${points} points are. One time is less than another where their ranges do not meet.

${claimsOf(comparison, costs)
  .map(({ claim, verdict, numbers }) => `- ${claim}: **${verdict}**.${numbers && ` ${numbers}.`}`)
  .join('\n')}`
}

/** The sizes of the ends, and what no bridge can pass. */
function ends(groups: readonly Group[]): string {
  const row = groups[0]?.rows[0]
  if (row === undefined) {
    return ''
  }
  const { vision, language } = row.parameters
  return `The frozen ends have ${vision.toLocaleString('en')} and ${language.toLocaleString('en')} parameters. Of the same questions about the same pictures,
written down for it instead of drawn, the language model answers ${percent(row.text['all'] ?? null)}: the ceiling of a bridge that leaves it as it is.`
}

function heldOut(groups: readonly Group[]): string {
  const asked = groups[0]?.rows[0]?.asked['at the end']
  const counts = Object.entries(asked ?? {}).filter(([name]) => name !== 'all')
  return `Held-out pictures of the training's own hands. \`reading text\`: the language model alone, which reads the same pictures' written
descriptions. Questions asked: ${asked?.['all'] ?? 0}${counts.length > 0 ? `, of them ${counts.map(([name, count]) => `${name} ${count}`).join(', ')}` : ''}.`
}

function soon(groups: readonly Group[]): string {
  const rows = groups.flatMap((group) => group.rows)
  const way = Math.max(0, ...rows.map(({ curve }) => curve.length))
  const asked = rows[0]?.asked['on the way']['all'] ?? 0
  return `Samples, and seconds of a processor, after which a share of the final accuracy was reached, by kind of question: measured ${way} times on the way with ${asked}
questions, and reached where two measurements in a row have it. A dash: not on the way, or fewer than 20 such questions.
Seconds are the processor's, of the steps alone, ${threads(rows)}: without the vision tower, whose features were computed before, once for all rows.

90 % of the final accuracy:

${soonTable(groups, '0.9')}

95 %:

${soonTable(groups, '0.95')}`
}

function threads(rows: readonly Row[]): string {
  const counts = [...new Set(rows.map((row) => row.threads))].toSorted((a, b) => a - b)
  return `with ${counts.join(' or ')} ${counts.join() === '1' ? 'thread' : 'threads'}`
}

function costSection(costs: readonly Cost[]): string {
  return `In the engine, packages of these sizes with random weights; the cost does not depend on the weights. Their language model is a Llama, the
one that \`npm run pull\` takes behind all three bridges, and their vision tower has no convolutional stem: its time is not the
miniature's. Medians, with the least and the most. A process has one model and nothing else.

${costTable(costs)}

![What the three bridges cost](${COSTS_PICTURE})`
}

function limits(groups: readonly Group[]): string {
  const rows = groups.flatMap((group) => group.rows)
  const seeds = [...new Set(groups.map((group) => group.rows.length))].toSorted((a, b) => a - b)
  const pictures = [...new Set(rows.map((row) => row.pictures))].map((count) =>
    count.toLocaleString('en'),
  )
  return `- The language model learned to read 32 vectors before the text, as many as the Q-Former gives: that favors it. A projector's 196 and
  cross-attention's none are new to it.
- Both ends are a miniature's, the pictures drawings: ${pictures.join(' or ')}, of which 2,000 are held out. What holds here need not hold at full size.
- ${seeds.join(' or ')} ${seeds.join() === '1' ? 'seed' : 'seeds'} of a row: parentheses are the least and the most of these, no confidence interval.`
}

function commands(groups: readonly Group[]): string {
  return groups.flatMap(({ rows }) => rows.map(({ command }) => `    ${command}`)).join('\n')
}

/** Writes what was measured of the three bridges as a page: docs/three-bridges.md. */

import { markdownTable } from '../report/markdown.ts'
import { percent } from '../report/tally.ts'
import type { Cost } from './costs.ts'
import { BRIDGES, type Group, type Over, over, type Row } from './rows.ts'

const NAMES = {
  qformer: 'Q-Former (BLIP-2)',
  projector: 'projector (LLaVA)',
  'cross-attention': 'cross-attention (Flamingo)',
} as const

const INTRODUCTION = `# Three bridges, measured

A Q-Former, a projector and gated cross-attention between the same frozen vision tower and the same frozen language model, those of
the miniature, trained on the same samples. What each is: \`training/compare/README.md\`. Every number is of a command:
each row's own below, and this page is written by \`npm run bench -- three-bridges\`.

Numbers are means over the seeds, with the least and the most in parentheses where there are several.
`

/** @param costs null where they were not measured: then the page says so. */
export function writePage(groups: readonly Group[], costs: readonly Cost[] | null): string {
  const bridges = groups.filter(({ swap }) => swap === null)
  const swaps = groups.filter(({ swap }) => swap !== null)
  const parts = [
    INTRODUCTION,
    `## What they learn\n\n${learned(bridges)}\n\n${ceilings(bridges)}`,
    `## By kind of question\n\nHeld-out pictures of the training's own hands.\n\n${byCategory(bridges, ({ final }) => final)}`,
    `## Pictures by other hands\n\nThe pictures of \`bench/hands\`, by renderers that no training picture is from.\n\n${byCategory(bridges, ({ hands }) => hands)}`,
    `## How soon\n\nSamples, and seconds of training, after which a share of the final accuracy was reached.\n\n${soon(bridges)}`,
    `## What they cost\n\n${costs === null ? 'Not measured yet.\n' : costTable(costs)}`,
    `## Other ends under a trained Q-Former\n\n${swaps.length === 0 ? 'Not measured yet.\n' : swapTable(swaps, bridges)}`,
    `## The commands\n\n${commands(groups)}`,
  ]
  return `${parts.map((part) => part.trimEnd()).join('\n\n')}\n`
}

function learned(groups: readonly Group[]): string {
  return markdownTable([
    [
      'bridge',
      'seeds',
      'samples',
      'parameters trained',
      'vectors read',
      'questions',
      'captions name all',
      'other hands',
    ],
    ...groups.map((group) => [
      nameOf(group),
      String(group.rows.length),
      whole(over(group.rows, ({ samples }) => samples)),
      whole(over(group.rows, ({ parameters }) => parameters.trained)),
      whole(over(group.rows, ({ reads }) => reads)),
      shares(over(group.rows, ({ final }) => final['all'])),
      shares(over(group.rows, ({ captions }) => captions.named)),
      shares(over(group.rows, ({ hands }) => hands['all'])),
    ]),
  ])
}

/** What no bridge can pass. */
function ceilings(groups: readonly Group[]): string {
  const row = groups[0]?.rows[0]
  if (row === undefined) {
    return ''
  }
  const frozen = `The frozen ends have ${row.parameters.vision.toLocaleString('en')} and ${row.parameters.language.toLocaleString('en')} parameters.`
  const reading = row.text?.['all']
  return reading === undefined
    ? frozen
    : `${frozen} About scenes that are written down for it, instead of drawn, the language model answers ${percent(reading)} of the questions: the ceiling of a bridge that leaves it as it is.`
}

function byCategory(
  groups: readonly Group[],
  of: (row: Row) => Readonly<Record<string, number>>,
): string {
  const names = new Set(groups.flatMap(({ rows }) => rows.flatMap((row) => Object.keys(of(row)))))
  const ordered = [...[...names].filter((name) => name !== 'all').toSorted(), 'all']
  return markdownTable([
    ['', ...groups.map(nameOf)],
    ...ordered.map((name) => [
      name,
      ...groups.map(({ rows }) => shares(over(rows, (row) => of(row)[name]))),
    ]),
  ])
}

function soon(groups: readonly Group[]): string {
  return markdownTable([
    ['bridge', '90 % of its final accuracy', '95 %', 'all samples'],
    ...groups.map((group) => [
      nameOf(group),
      reachedBy(group, '0.9'),
      reachedBy(group, '0.95'),
      `${whole(over(group.rows, ({ seconds }) => seconds))} s`,
    ]),
  ])
}

function reachedBy({ rows }: Group, share: string): string {
  const at = (row: Row) => row.reached['all']?.[share]
  const samples = over(rows, (row) => at(row)?.samples)
  const seconds = over(rows, (row) => at(row)?.seconds)
  return samples === null ? '–' : `${whole(samples)}; ${whole(seconds)} s`
}

function costTable(costs: readonly Cost[]): string {
  const lines: readonly (readonly [string, (cost: Cost) => string])[] = [
    ['vision tower, once a picture', ms(({ vision }) => vision)],
    ['bridge, once a picture', ms(({ once }) => once)],
    ['positions of the first prompt', ({ positions }) => String(positions)],
    ['prefill of the first question', ms(({ prefill }) => prefill)],
    ['each token of an answer', ms(({ token }) => token)],
    ['first token of the next question', ms(({ followUp }) => followUp)],
    ['kept of a picture', ({ pictureBytes }) => kilobytes(pictureBytes)],
    ['kept of a conversation', ({ conversationBytes }) => kilobytes(conversationBytes)],
  ]
  return `In the engine, packages of these sizes with random weights, in the classes of transformers that have a Llama; the cost does not depend on
the weights. Medians, with the least and the most.

${markdownTable([['', ...BRIDGES.map((bridge) => NAMES[bridge])], ...lines.map(([title, of]) => [title, ...costs.map(of)])])}`
}

function ms(pick: (cost: Cost) => Cost['vision']): (cost: Cost) => string {
  return (cost) => {
    const { median, low, high } = pick(cost)
    return `${median.toFixed(1)} ms (${low.toFixed(1)}–${high.toFixed(1)})`
  }
}

function swapTable(swaps: readonly Group[], bridges: readonly Group[]): string {
  const before = bridges.find(({ bridge, adapted }) => bridge === 'qformer' && !adapted)
  return markdownTable([
    [
      '',
      'parameters trained',
      'samples',
      'language model, of text',
      'vision tower, all objects',
      'questions',
      'other hands',
    ],
    ...(before === undefined ? [] : [swapLine('its own ends', before)]),
    ...swaps.map((group) =>
      swapLine(
        `${group.swap!.end} of ${group.swap!.other}, then training ${group.swap!.learns}`,
        group,
      ),
    ),
  ])
}

function swapLine(title: string, { rows }: Group): string[] {
  return [
    title,
    whole(over(rows, ({ parameters }) => parameters.trained)),
    whole(over(rows, ({ samples }) => samples)),
    shares(over(rows, ({ text }) => text?.['all'])),
    shares(over(rows, ({ tags }) => tags?.['all objects'])),
    shares(over(rows, ({ final }) => final['all'])),
    shares(over(rows, ({ hands }) => hands['all'])),
  ]
}

function commands(groups: readonly Group[]): string {
  return groups.flatMap(({ rows }) => rows.map(({ command }) => `    ${command}`)).join('\n')
}

function nameOf({ bridge, adapted }: Group): string {
  return adapted ? `${NAMES[bridge]}, language model adapted` : NAMES[bridge]
}

function shares(value: Over | null): string {
  return spreadOf(value, (share) => percent(share))
}

function whole(value: Over | null): string {
  return spreadOf(value, (number) => Math.round(number).toLocaleString('en'))
}

function spreadOf(value: Over | null, show: (number: number) => string): string {
  if (value === null) {
    return '–'
  }
  const { mean, least, most } = value
  return least === most ? show(mean) : `${show(mean)} (${show(least)} to ${show(most)})`
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000).toLocaleString('en')} kB`
}

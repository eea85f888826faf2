/** The tables of docs/three-bridges.md. */

import { markdownTable } from '../report/markdown.ts'
import type { Cost } from './costs.ts'
import { BRIDGES, type Comparison, type Group, over, type Row, trainedBetween } from './rows.ts'
import { kilobytes, megabytes, milliseconds, NAMES, nameOf, shares, whole } from './words.ts'

export function learnedTable(groups: readonly Group[]): string {
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

/** Accuracy by kind of question; what the language model reads of text comes first, where `of` gives it. */
export function categoryTable(
  groups: readonly Group[],
  of: (row: Row) => Readonly<Record<string, number>>,
  ceiling?: (row: Row) => Readonly<Record<string, number>>,
): string {
  const first = groups[0]?.rows.slice(0, 1)
  const text = ceiling && first ? [{ rows: first, title: 'reading text', of: ceiling }] : []
  const columns = [
    ...text,
    ...groups.map((group) => ({ rows: group.rows, title: nameOf(group), of })),
  ]
  return markdownTable([
    ['', ...columns.map(({ title }) => title)],
    ...kindsOf(groups, of).map((kind) => [
      kind,
      ...columns.map((column) => shares(over(column.rows, (row) => column.of(row)[kind]))),
    ]),
  ])
}

/** @param share `0.9` or `0.95` of the final accuracy. */
export function soonTable(groups: readonly Group[], share: string): string {
  const cell = ({ rows }: Group, kind: string) => {
    const at = (row: Row) => row.reached[kind]?.[share]
    const samples = over(rows, (row) => at(row)?.samples)
    return samples === null
      ? '–'
      : `${whole(samples)}; ${whole(over(rows, (row) => at(row)?.seconds))} s`
  }
  return markdownTable([
    ['', ...groups.map(nameOf)],
    ...kindsOf(groups, ({ final }) => final).map((kind) => [
      kind,
      ...groups.map((group) => cell(group, kind)),
    ]),
    [
      'all samples',
      ...groups.map(
        ({ rows }) =>
          `${whole(over(rows, ({ samples }) => samples))}; ${whole(over(rows, ({ seconds }) => seconds))} s`,
      ),
    ],
  ])
}

/** In alphabetical order, all of them last. */
function kindsOf(
  groups: readonly Group[],
  of: (row: Row) => Readonly<Record<string, number>>,
): string[] {
  const names = new Set(groups.flatMap(({ rows }) => rows.flatMap((row) => Object.keys(of(row)))))
  return [...[...names].filter((name) => name !== 'all').toSorted(), 'all']
}

export function costTable(costs: readonly Cost[]): string {
  const lines: readonly (readonly [string, (cost: Cost) => string])[] = [
    ['vision tower, once a picture', ({ vision }) => milliseconds(vision)],
    ['bridge, once a picture', ({ once }) => milliseconds(once)],
    ['positions of the first prompt', ({ positions }) => String(positions)],
    ['prefill of the first question', ({ prefill }) => milliseconds(prefill)],
    ['each token of an answer', ({ token }) => milliseconds(token)],
    ['first token of the next question', ({ followUp }) => milliseconds(followUp)],
    ['of that, tower and bridge', ({ again }) => milliseconds(again)],
    ['kept of a picture', ({ pictureBytes }) => kilobytes(pictureBytes)],
    ['kept of a conversation', ({ conversationBytes }) => kilobytes(conversationBytes)],
    ['package', ({ packageBytes }) => megabytes(packageBytes)],
    ['process, model open', ({ openBytes }) => megabytes(openBytes)],
    ['process, peak of two questions', ({ peakBytes }) => megabytes(peakBytes)],
  ]
  const ordered = BRIDGES.flatMap((name) => costs.find(({ bridge }) => bridge === name) ?? [])
  return markdownTable([
    ['', ...ordered.map(({ bridge }) => NAMES[bridge])],
    ...lines.map(([title, of]) => [title, ...ordered.map(of)]),
  ])
}

/** Each swap behind the Q-Former that it began with, and that which was trained from the beginning. */
export function swapTable(comparison: Comparison): string {
  const ways = Map.groupBy(comparison.swaps, ({ swap, ends }) =>
    JSON.stringify([swap!.end, swap!.base, ends]),
  )
  const lines = [...ways.values()].flatMap((groups) => {
    const before = trainedBetween(comparison, groups[0]!.swap!.base)
    const anew = trainedBetween(comparison, groups[0]!.ends)
    return [
      ...(before ? [swapLine('before the swap', before)] : []),
      ...groups.map((group) => swapLine(titleOf(group.swap!), group)),
      ...(anew ? [swapLine('a Q-Former trained from the beginning', anew)] : []),
    ]
  })
  return markdownTable([
    [
      '',
      'seeds',
      'parameters trained',
      'samples',
      'language model, of text',
      'vision tower, all objects',
      'questions',
      'other hands',
    ],
    ...lines,
  ])
}

function titleOf({ end, other, learns }: NonNullable<Row['swap']>): string {
  return `${end} of \`${other}\`, then training ${learns}`
}

function swapLine(title: string, { rows }: Group): string[] {
  return [
    title,
    String(rows.length),
    whole(over(rows, ({ parameters }) => parameters.trained)),
    whole(over(rows, ({ samples }) => samples)),
    shares(over(rows, ({ text }) => text['all'])),
    shares(over(rows, ({ tags }) => tags?.['all objects'])),
    shares(over(rows, ({ final }) => final['all'])),
    shares(over(rows, ({ hands }) => hands['all'])),
  ]
}

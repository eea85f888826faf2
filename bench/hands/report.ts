/** The table of `npm run bench -- demo`: by renderer, kind of question, number and size of objects. */

import path from 'node:path'
import { extentOf, sizeOf } from './geometry.ts'
import { namedThings, namesAll, unnamed } from './score.ts'
import { KINDS } from './truth.ts'
import { createTally, formatTable, percent, type Tally } from '../report/tally.ts'
import type { Said, SaidOfOther } from './answers.ts'
import type { FurtherRow } from './further.ts'
import type { RuleShares } from './rules.ts'
import { type ThingRow, thingRows } from './things/report.ts'

/** Where the size of an object is not asked, the ends of the scale count with the others. */
const BETWEEN = 'between sizes'

type Measured = {
  readonly said: readonly Said[]
  /** Of the pictures of things and digits. */
  readonly things: readonly Said[]
  readonly others: readonly SaidOfOther[]
  readonly rules: RuleShares
  readonly agreement: number | null
  /** Of what only some models can be asked. */
  readonly further: readonly FurtherRow[]
}

/** Shares by renderer, and `all`; null where nothing was measured. */
type Row = {
  readonly name: string
  readonly goal: string
  readonly count: number
  readonly shares: Readonly<Record<string, number | null>>
  /** Of all renderers, as if no picture were turned away. */
  readonly inside: number | null
}

export type Summary = {
  readonly renderers: readonly string[]
  readonly rows: readonly Row[]
  readonly things: readonly ThingRow[]
  readonly turnedAway: number
  readonly falseDescriptions: Readonly<Record<string, number>>
  readonly rules: RuleShares
  readonly agreement: number | null
  readonly further: readonly FurtherRow[]
}

/** Counts by row and renderer; `inside` counts the same without judging whether it is a drawing. */
type Counts = { readonly by: Tally; readonly inside: Tally }

export function summaryOf(measured: Measured): Summary {
  const { said, things, others, rules, agreement, further } = measured
  const counts: Counts = { by: createTally(), inside: createTally() }
  for (const one of said) {
    countCaption(one, counts)
    for (const { question, isRight, isRightInside } of one.answers) {
      add(counts, one, `question: ${question.kind}`, [isRight, isRightInside])
      add(counts, one, 'all questions', [isRight, isRightInside])
    }
  }
  const renderers = [...new Set(said.map(rendererOf))]
  const rows = ROWS.flatMap(({ name, goal }): Row[] => {
    const count = counts.by.count(`${name}|all`)
    const shares = ['all', ...renderers].map((one) => [one, counts.by.share(`${name}|${one}`)])
    const inside = counts.inside.share(`${name}|all`)
    return count === 0 ? [] : [{ name, goal, count, shares: Object.fromEntries(shares), inside }]
  })
  const kinds = Object.entries(Object.groupBy(others, ({ picture }) => picture.what))
  return {
    renderers,
    rows,
    things: thingRows(things),
    turnedAway: shareOf(
      said.filter(({ picture }) => picture.objects.length > 0),
      ({ isTurnedAway }) => isTurnedAway,
    ),
    falseDescriptions: Object.fromEntries([
      ['all', shareOf(others, ({ isFalse }) => isFalse)],
      ...kinds.map(([what, all = []]) => [what, shareOf(all, ({ isFalse }) => isFalse)]),
    ]),
    rules,
    agreement,
    further,
  }
}

const ROWS: readonly { readonly name: string; readonly goal: string }[] = [
  { name: 'captions, 1 to 3 objects', goal: '92 %' },
  ...['nothing', '1 object', '2 objects', '3 objects', '4 to 6 objects'].map((what) => ({
    name: `captions, ${what}`,
    goal: '',
  })),
  { name: 'captions, everyday pictures', goal: '' },
  { name: 'one object', goal: '98 %' },
  ...['small', 'medium', 'large', BETWEEN].map((size) => ({
    name: `one object, ${size}`,
    goal: '',
  })),
  ...['small', 'medium', 'large', BETWEEN].map((size) => ({
    name: `objects named, ${size}`,
    goal: '',
  })),
  { name: 'all questions', goal: '95 %' },
  ...KINDS.map((kind) => ({
    name: `question: ${kind}`,
    goal: kind === 'absent' ? '95 %' : '88 %',
  })),
  { name: 'question: presence, absent', goal: '95 %' },
]

function countCaption(one: Said, counts: Counts): void {
  const { picture, caption, isTurnedAway, answers } = one
  const count = picture.objects.length
  const named = namesAll(caption, picture)
  // Nothing is said of an empty picture that is turned away: that is right.
  const right: Both = [count === 0 ? named || isTurnedAway : named && !isTurnedAway, named]
  const many = ['nothing', '1 object', '2 objects', '3 objects'][count] ?? '4 to 6 objects'
  add(counts, one, `captions, ${many}`, right)
  if (count > 0 && count <= 3) {
    add(counts, one, 'captions, 1 to 3 objects', right)
  }
  if (picture.style.includes('everyday')) {
    add(counts, one, 'captions, everyday pictures', right)
  }
  if (count === 1) {
    const size = sizeOf(picture.objects[0]!, picture) ?? BETWEEN
    add(counts, one, 'one object', right)
    add(counts, one, `one object, ${size}`, right)
  }
  const missed = unnamed(namedThings(caption), picture.objects)
  for (const thing of picture.objects) {
    const isNamed = !missed.includes(thing)
    const row = `objects named, ${sizeOf(thing, picture) ?? BETWEEN}`
    add(counts, one, row, [isNamed && !isTurnedAway, isNamed])
  }
  for (const { question, isRight, isRightInside } of answers) {
    if (question.kind === 'presence' && question.answers[0] === 'no') {
      add(counts, one, 'question: presence, absent', [isRight, isRightInside])
    }
  }
}

type Both = readonly [asShown: boolean, inside: boolean]

function add({ by, inside }: Counts, said: Said, row: string, [asShown, own]: Both): void {
  by.add(`${row}|all`, asShown)
  by.add(`${row}|${rendererOf(said)}`, asShown)
  inside.add(`${row}|all`, own)
}

function rendererOf({ picture }: Said): string {
  return path.dirname(picture.name)
}

function shareOf<T>(all: readonly T[], counts: (one: T) => boolean): number {
  return all.length === 0 ? 0 : all.filter(counts).length / all.length
}

export function handTable({ renderers, rows, ...rest }: Summary): string {
  const { things, turnedAway, falseDescriptions, rules, agreement, further } = rest
  const columns = ['all', ...renderers]
  return [
    formatTable([
      ['right', 'goal', 'asked', ...columns, 'if none were turned away'],
      ...rows.map(({ name, goal, count, shares, inside }) => [
        name,
        goal,
        String(count),
        ...columns.map((column) => percent(shares[column] ?? null)),
        percent(inside),
      ]),
    ]),
    formatTable([
      ['things and digits', 'goal', 'asked', 'right', 'if none were turned away'],
      ...things.map(({ name, goal, count, share, inside }) => [
        name,
        goal,
        String(count),
        percent(share),
        percent(inside),
      ]),
    ]),
    formatTable([
      ['further', 'asked', 'right', 'if none were turned away'],
      ...further.map(({ name, count, share, inside }) => [
        name,
        String(count),
        percent(share),
        percent(inside),
      ]),
    ]),
    formatTable([
      ['others', 'goal', ''],
      ['drawings turned away', '2 %', percent(turnedAway)],
      ...Object.entries(falseDescriptions).map(([what, share]) => [
        `shapes seen in: ${what}`,
        what === 'all' ? '5 %' : '',
        percent(share),
      ]),
      [`precision of ${rules.rules} rules`, '95 %', percent(rules.precision)],
      ['recall of these rules', '95 %', percent(rules.recall)],
      ['same words as in fp32', '99 %', percent(agreement)],
    ]),
  ].join('\n')
}

/** Every wrong caption and answer, one a line, with the truth. */
export function listWrong(said: readonly Said[], others: readonly SaidOfOther[]): string {
  const lines = said.flatMap(({ picture, caption, isTurnedAway, answers }) => {
    const truth = picture.objects.map((thing) => {
      const extent = Math.round(100 * extentOf(thing, picture))
      return `${thing.colors.join('/')} ${thing.shape} (${[...thing.style, `${extent} %`].join(' ')})`
    })
    return [
      ...(isTurnedAway && picture.objects.length > 0 ? ['turned away'] : []),
      ...(namesAll(caption, picture) ? [] : [`caption: ${caption} | ${truth.join(', ')}`]),
      ...answers
        .filter(({ isRightInside }) => !isRightInside)
        .map(
          ({ question, text }) =>
            `${question.kind}: ${question.text} ${text} | ${question.answers[0]}`,
        ),
    ].map((line) => `${picture.name} ${line}\n`)
  })
  const seen = others
    .filter(({ isFalse }) => isFalse)
    .map(({ picture, caption }) => `${picture.name} ${picture.what}: ${caption}\n`)
  return `\n${[...lines, ...seen].join('')}`
}

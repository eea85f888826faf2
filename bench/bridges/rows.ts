/** The rows that `python -m training.compare` wrote, and their means over seeds. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { ConfigError } from '../../config/errors.ts'
import { isRight, namesAll } from '../hands/score.ts'
import { readTruth } from '../hands/truth.ts'
import { createTally } from '../report/tally.ts'

export const BRIDGES = ['qformer', 'projector', 'cross-attention'] as const
export type Bridge = (typeof BRIDGES)[number]

const table = z.record(z.string(), z.number())
const moment = z.object({ samples: z.number(), seconds: z.number() })
/** Hashes of a pair of frozen ends. */
const endsSchema = z.object({ vision_model: z.string(), language_model: z.string() })
const rowSchema = z.object({
  kind: z.enum(BRIDGES),
  seed: z.number(),
  adapted: z.boolean(),
  swap: z
    .object({
      end: z.enum(['vision', 'language']),
      other: z.string(),
      learns: z.enum(['nothing', 'projection', 'bridge']),
      /** The ends that the Q-Former was trained between. */
      base: endsSchema,
    })
    .nullable(),
  ends: endsSchema,
  command: z.string(),
  samples: z.number(),
  /** Pictures of the run, the held-out ones among them. */
  pictures: z.number(),
  seconds: z.number(),
  threads: z.number(),
  parameters: z.object({ trained: z.number(), vision: z.number(), language: z.number() }),
  /** Vectors that the language model reads before the text. */
  reads: z.number(),
  frozen: z.record(z.string(), z.string()),
  /** Measured on the way. */
  curve: z.array(moment.extend({ answers: table })),
  reached: z.record(z.string(), z.record(z.string(), moment.nullable())),
  /** How many questions, by kind. */
  asked: z.object({ 'on the way': table, 'at the end': table }),
  final: table,
  captions: z.object({ named: z.number(), exact: z.number() }),
  /** The same questions about written descriptions of the same pictures; the vision tower's tags of patches. */
  text: table,
  tags: table.nullable(),
  hands: z.array(z.object({ name: z.string(), caption: z.string(), answers: z.array(z.string()) })),
})
type FileRow = z.infer<typeof rowSchema>

/** A row of one seed. */
export type Row = Omit<FileRow, 'hands' | 'frozen'> & {
  /** Of pictures by other hands: share of right answers by kind of question, and of captions that name all. */
  readonly hands: Readonly<Record<string, number>>
}

/** The rows of all seeds with the same bridge, trained in the same way. */
export type Group = {
  readonly bridge: Bridge
  readonly adapted: boolean
  readonly swap: Row['swap']
  readonly ends: Row['ends']
  readonly rows: readonly Row[]
}

/** Groups of Q-Formers and the others between the same ends, of those between other ends, and after a swap. */
export type Comparison = {
  readonly bridges: readonly Group[]
  readonly elsewhere: readonly Group[]
  readonly swaps: readonly Group[]
}

/**
 * @param places folders of rows, `*.json`, and files that have one in each line.
 * @throws {ConfigError} if a place has none, or naming the file that has something else.
 */
export function readRows(places: readonly string[]): Row[] {
  return places.flatMap((place) => {
    const files = place.endsWith('.jsonl') ? [place] : filesOf(place)
    const rows = files.flatMap(rowsOf)
    if (rows.length === 0) {
      throw new ConfigError([
        `${place} has no rows: python -m training.compare writes them (training/compare/README.md). Name another folder or file with --rows.`,
      ])
    }
    return rows
  })
}

function filesOf(folder: string): string[] {
  const files = existsSync(folder) ? readdirSync(folder) : []
  return files
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => path.join(folder, file))
}

function rowsOf(file: string): Row[] {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  return lines.filter(Boolean).map((line) => {
    const { hands, frozen: _, ...row } = parseRow(line, file)
    return { ...row, hands: judge(hands) }
  })
}

function parseRow(line: string, file: string): FileRow {
  try {
    return rowSchema.parse(JSON.parse(line))
  } catch (cause) {
    throw new ConfigError([`${file} has something that is not a row of training.compare.`], {
      cause,
    })
  }
}

/**
 * In the order of BRIDGES, those that adapt the language model after the others. The ends compared are those with the most
 * kinds of bridge between them.
 */
export function compare(rows: readonly Row[]): Comparison {
  const groups = groupsOf(rows)
  const own = groups.filter(({ swap }) => swap === null)
  const between = Map.groupBy(own, ({ ends }) => keyOf(ends))
  const [compared] = [...between.values()].toSorted((a, b) => b.length - a.length)
  return {
    bridges: compared ?? [],
    elsewhere: own.filter((group) => !compared?.includes(group)),
    swaps: groups.filter(({ swap }) => swap !== null),
  }
}

/** The group that was trained from the beginning between such ends, with the language model as it is. */
export function trainedBetween(
  { bridges, elsewhere }: Comparison,
  ends: Row['ends'],
): Group | undefined {
  return [...bridges, ...elsewhere].find(
    (group) => group.bridge === 'qformer' && !group.adapted && keyOf(group.ends) === keyOf(ends),
  )
}

function groupsOf(rows: readonly Row[]): Group[] {
  const learns = ['nothing', 'projection', 'bridge']
  const order = ({ kind, adapted, swap }: Row) =>
    (adapted ? 10 : 0) + BRIDGES.indexOf(kind) + (swap === null ? 0 : learns.indexOf(swap.learns))
  const swapKey = ({ swap }: Row) =>
    swap === null ? '' : `${swap.end} ${swap.other} ${keyOf(swap.base)}`
  const sorted = rows.toSorted(
    (a, b) => swapKey(a).localeCompare(swapKey(b)) || order(a) - order(b) || a.seed - b.seed,
  )
  const groups = Map.groupBy(sorted, (row) => [swapKey(row), keyOf(row.ends), order(row)].join(' '))
  return [...groups.values()].map((all) => {
    const { kind: bridge, adapted, swap, ends } = all[0]!
    return { bridge, adapted, swap, ends, rows: all }
  })
}

function keyOf({ vision_model: vision, language_model: language }: Row['ends']): string {
  return `${vision} ${language}`
}

/** By kind of question, `all` of them, and `captions`. */
function judge(said: FileRow['hands']): Record<string, number> {
  const pictures = new Map(readTruth().drawings.map((picture) => [picture.name, picture]))
  const answers = createTally()
  const captions = createTally()
  for (const { name, caption, answers: given } of said) {
    const picture = pictures.get(name)!
    captions.add('captions', namesAll(caption, picture))
    for (const [i, question] of picture.questions.entries()) {
      answers.add(question.kind, isRight(given[i]!, question))
    }
  }
  const shares = answers.categories().map((kind) => [kind, answers.share(kind)!])
  return {
    ...Object.fromEntries(shares),
    all: answers.share() ?? 0,
    captions: captions.share() ?? 0,
  }
}

/** Mean, least and most over seeds. */
export type Over = { readonly mean: number; readonly least: number; readonly most: number }

/** Null where a row has no such number: it never reached it. */
export function over(
  rows: readonly Row[],
  of: (row: Row) => number | null | undefined,
): Over | null {
  const values = rows.map(of)
  if (values.length === 0 || !values.every((value) => typeof value === 'number')) {
    return null
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return { mean, least: Math.min(...values), most: Math.max(...values) }
}

/**
 * How well the demo's matcher finds pictures by words, and words by pictures, among pictures that somebody
 * else drew; and what `/find` loses where it looks at the means of the vectors first.
 */

import path from 'node:path'
import { parseArgs } from 'node:util'
import { largestCosine, packVectors, unpacked } from '../../bot/find/picture-vectors.ts'
import { FITS, MAX_COMPARED, MAX_RANKED } from '../../bot/find/meaning-search.ts'
import { readConfig } from '../../config/config.ts'
import { findModel } from '../../config/models.ts'
import type { Model } from '../../inference/contract/types.ts'
import { openModel } from '../../inference/model.ts'
import { drawnIn, readHandPictures, readTruth, type Scene } from '../hands/truth.ts'
import { createRandom, type Random } from '../report/random.ts'
import { writeResults } from '../report/results.ts'
import { createTally, formatTable, percent } from '../report/tally.ts'
import { contentsOf, type Query, queriesOf, textOf } from './retrieval-queries.ts'

/** Pictures to find one among, besides all of them, and how often as many are drawn by lot. */
const FEW = 64
const DRAWS = 20
/** Pictures at most, where more of them are at hand. */
const MOST = 1000

/** A picture with its vectors, and its description with the vector of that. */
type Entry = {
  readonly picture: Uint8Array
  readonly contents: ReadonlySet<string>
  /** Whether the colors of all on it are known: those of everyday things are not. */
  readonly colored: boolean
  readonly vectors: Int8Array
  readonly mean: Int8Array
  readonly text: string
  readonly textVector: Float32Array
}

export async function runRetrievalBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { model: { type: 'string' }, more: { type: 'string' } },
  })
  const folder = findModel(values.model ?? 'demo-match', readConfig(process.env).modelsFolder)
  const model = await openModel(folder, { task: 'match' })
  try {
    const entries = await entriesOf(model, values.more)
    const descriptions = measureDescriptions(entries)
    const searches = await measureSearches(model, entries)
    const results = { model: model.matcher?.name, pictures: entries.length, descriptions, searches }
    process.stdout.write(tableOf(entries.length, results))
    const file = writeResults('retrieval', results)
    process.stdout.write(`\nwritten to ${path.relative(process.cwd(), file)}\n`)
  } finally {
    await model.close()
  }
}

/** The pictures of the test set that show something, and more of a folder up to 1,000. */
async function entriesOf(model: Model, more: string | undefined): Promise<Entry[]> {
  const { drawings, things } = readTruth()
  const files = readHandPictures()
  const scenes: Scene[] = [...drawings, ...things]
  if (more !== undefined) {
    for (const [scene, file] of drawnIn(more).filter(([{ name }]) => !files.has(name))) {
      scenes.push(scene)
      files.set(scene.name, file)
    }
  }
  const entries: Entry[] = []
  for (const shown of scenes.filter(({ objects }) => objects.length > 0).slice(0, MOST)) {
    const picture = files.get(shown.name)!
    const packed = packVectors(await model.embedImage(picture))
    const text = textOf(shown)
    entries.push({
      picture,
      contents: contentsOf(shown),
      colored: shown.objects.every(({ colors }) => colors.length > 0),
      vectors: unpacked(packed.vectors),
      mean: unpacked(packed.mean),
      text,
      textVector: await model.embedText(text),
    })
  }
  return entries
}

/** Shares of pictures whose description is found first, and of descriptions whose picture is. */
function measureDescriptions(entries: readonly Entry[]) {
  const among = (part: readonly Entry[]) => ({
    pictureByText: shareOf(part, (one) => {
      const [first] = byCosine(part, one.textVector)
      return first!.text === one.text
    }),
    textByPicture: shareOf(part, (one) => {
      const scored = part.map((other) => largestCosine(one.vectors, other.textVector))
      return part[scored.indexOf(Math.max(...scored))]!.text === one.text
    }),
  })
  const random = createRandom(1)
  const draws = Array.from({ length: DRAWS }, () => among(drawn(random, entries, FEW)))
  const mean = (key: keyof (typeof draws)[number]) =>
    draws.reduce((sum, one) => sum + one[key], 0) / draws.length
  return {
    [FEW]: { pictureByText: mean('pictureByText'), textByPicture: mean('textByPicture') },
    [entries.length]: among(entries),
  }
}

/** That many of the entries, by lot. */
function drawn(random: Random, entries: readonly Entry[], count: number): Entry[] {
  const left = [...entries]
  return Array.from({ length: count }, () => {
    const [one] = left.splice(Math.floor(random.between(0, left.length)), 1)
    return one!
  })
}

/** What /find shows for words about one thing in a picture, by the kind of the words. */
async function measureSearches(model: Model, entries: readonly Entry[]) {
  const queries = queriesOf(entries.map(({ contents }) => contents))
  const [first, precise, complete, kept] = [
    createTally(),
    createTally(),
    createTally(),
    createTally(),
  ]
  const ranked: { readonly query: Query; readonly best: readonly Entry[] }[] = []
  for (const query of queries) {
    const vector = await model.embedText(query.text)
    const among = searchedFor(query, entries)
    const best = byCosine(among, vector).slice(0, MAX_RANKED)
    const byMeans = new Set(byCosine(among, vector, 'mean').slice(0, MAX_COMPARED))
    best.forEach((entry) => kept.add(query.kind, byMeans.has(entry)))
    ranked.push({ query, best })
  }
  const probabilities = await probabilitiesOf(model, ranked)
  for (const { query, best } of ranked) {
    const probability = (entry: Entry) => probabilities.get(entry)?.get(query.text) ?? 0
    const order = best.toSorted((a, b) => probability(b) - probability(a))
    first.add(query.kind, isFitting(order[0]!, query))
    const shown = order.filter((entry) => probability(entry) >= FITS)
    shown.forEach((entry) => precise.add(query.kind, isFitting(entry, query)))
    const there = searchedFor(query, entries).filter((entry) => isFitting(entry, query))
    const reachable = Math.min(MAX_RANKED, there.length)
    const right = shown.filter((entry) => isFitting(entry, query)).length
    for (let i = 0; i < reachable; i++) {
      complete.add(query.kind, i < right)
    }
  }
  return [...new Set(queries.map(({ kind }) => kind)), undefined].map((kind) => ({
    kind: kind ?? 'all',
    queries: first.count(kind),
    firstIsRight: first.share(kind),
    precision: precise.share(kind),
    recall: complete.share(kind),
    keptByMeans: kept.share(kind),
  }))
}

/** The pictures of which is known whether they have what a search is for. */
function searchedFor({ kind }: Query, entries: readonly Entry[]): readonly Entry[] {
  return kind === 'a color' ? entries.filter(({ colored }) => colored) : entries
}

/** How well the words of each search fit the pictures that the model looks at for it. */
async function probabilitiesOf(
  model: Model,
  ranked: readonly { readonly query: Query; readonly best: readonly Entry[] }[],
): Promise<Map<Entry, Map<string, number>>> {
  const asked = new Map<Entry, string[]>()
  for (const { query, best } of ranked) {
    for (const entry of best) {
      asked.set(entry, [...(asked.get(entry) ?? []), query.text])
    }
  }
  const result = new Map<Entry, Map<string, number>>()
  for (const [entry, texts] of asked) {
    const matches = await model.match(entry.picture, texts)
    result.set(entry, new Map(matches.map(({ text, itm }) => [text, itm])))
  }
  return result
}

/** The entries by their cosine with a text, the largest first. */
function byCosine(
  entries: readonly Entry[],
  text: Float32Array,
  by: 'vectors' | 'mean' = 'vectors',
): Entry[] {
  const scored = entries.map((entry) => ({ entry, cosine: largestCosine(entry[by], text) }))
  return scored.toSorted((a, b) => b.cosine - a.cosine).map(({ entry }) => entry)
}

function isFitting({ contents }: Entry, { wanted }: Query): boolean {
  return contents.has(wanted)
}

function shareOf<T>(list: readonly T[], counts: (one: T) => boolean): number {
  return list.filter(counts).length / list.length
}

type Results = {
  readonly descriptions: ReturnType<typeof measureDescriptions>
  readonly searches: Awaited<ReturnType<typeof measureSearches>>
}

function tableOf(all: number, { descriptions, searches }: Results): string {
  const found = formatTable([
    ['found first, of descriptions', `among ${FEW}`, `among ${all}`],
    ...(['pictureByText', 'textByPicture'] as const).map((key) => [
      key === 'pictureByText' ? 'the picture of a description' : 'the description of a picture',
      percent(descriptions[FEW][key]),
      percent(descriptions[all]![key]),
    ]),
  ])
  const looked = formatTable([
    [
      'a search for',
      'searches',
      'first is right',
      'shown are right',
      'of these there are',
      'by means',
    ],
    ...searches.map((row) => [
      row.kind,
      String(row.queries),
      percent(row.firstIsRight),
      percent(row.precision),
      percent(row.recall),
      percent(row.keptByMeans),
    ]),
  ])
  return `${found}\n${looked}`
}

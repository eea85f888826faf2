/**
 * What `/find` costs among the pictures of a server: the first search after a start, which reads them,
 * and the later ones. Vectors are made up; what the model computes, and downloads, are not part of it.
 */

import { randomBytes } from 'node:crypto'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { ConfigError } from '../../config/errors.ts'
import { MAX_COMPARED } from '../../bot/find/meaning-search.ts'
import { Best } from '../../bot/find/picture-index/best.ts'
import type { PictureIndex } from '../../bot/find/picture-index/picture-index.ts'
import { largestCosine, packVectors, unpacked } from '../../bot/find/picture-vectors.ts'
import { SearchableRecords } from '../../bot/find/searchable-records.ts'
import { searchableKey } from '../../bot/find/searchable.ts'
import { wordScorer } from '../../bot/find/word-scorer.ts'
import { openStore } from '../../bot/store/store.ts'
import { DAY_MS } from '../../config/durations.ts'
import { createRandom, type Random } from '../report/random.ts'
import { writeResults } from '../report/results.ts'

const GUILD = '100000000000000001'
const CHANNELS = 20
const FIRST_ID = 200_000_000_000_000_000n
const AT_ONCE = 200
/** Searches of each kind. */
const QUERIES = 20
/** Results of a search by words. */
const MAX_HITS = 50
/** With those that begin with them, so that the first four are in a sixth of all pictures. */
const WORD_QUERIES = {
  'no picture': 'zzzzz',
  'a rare word': 'mi100',
  'a part of a word': 'naru7',
  'a short word': 'lo',
  'the most frequent word': 'lo0',
  'four frequent words': 'lo0 ka1 mi2 toru3',
  'four words': 'senaru7 toru12 ka30 mi5',
} as const
/** Made-up words: these, with a number; the smaller the number, the more often. */
const STEMS = ['lo', 'ka', 'mi', 'toru', 'senaru'] as const
const MAX_NUMBER = 4000
/** Half of the pictures have words: up to so many. */
const MAX_WORDS = 100
const SPACE = 'bench'
/** Kinds of pictures: those of one kind are alike. */
const KINDS = 200
const ALIKE = 10
/** Pictures with vectors of their own; the others repeat them, since making them up takes the longest. */
const DIFFERENT = 5000
const WHAT_WIDTH = 60

type Size = { readonly pictures: number; readonly width: number; readonly rows: number }

export async function runFindBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      pictures: { type: 'string', default: '100000' },
      width: { type: 'string', default: '256' },
      rows: { type: 'string', default: '32' },
      store: { type: 'string' },
    },
  })
  const size = {
    pictures: Number(values.pictures),
    width: Number(values.width),
    rows: Number(values.rows),
  }
  const load = loadavg()[0]!
  const url = values.store ?? 'memory:'
  const log = pino({ level: 'silent' })
  const store = await openStore({ url, keys: [randomBytes(32)], log })
  try {
    const random = createRandom(1)
    const kinds = Array.from({ length: KINDS }, () => unitVector(random, size.width))
    await write(new SearchableRecords(store), kinds, random, size)
    const results = await measure(new SearchableRecords(store), kinds, random)
    writeResults('find', { load, ...size, compared: MAX_COMPARED, ...results })
  } finally {
    await store.close()
  }
}

async function write(
  records: SearchableRecords,
  kinds: readonly Float32Array[],
  random: Random,
  { pictures, width, rows }: Size,
): Promise<void> {
  const alike = kinds.map((kind) => Array.from({ length: ALIKE }, () => near(kind, random)))
  const packed = Array.from({ length: Math.min(pictures, DIFFERENT) }, () => {
    const all = Array.from({ length: rows }, () => [...random.pick(random.pick(alike))])
    return packVectors({ data: Float32Array.from(all.flat()), shape: [rows, width] })
  })
  let waiting: Promise<void>[] = []
  for (let i = 0; i < pictures; i++) {
    const id = FIRST_ID + BigInt(i)
    const { vectors, mean } = random.pick(packed)
    const channelId = `${FIRST_ID + BigInt(i % CHANNELS)}`
    const key = searchableKey({ guildId: GUILD, channelId }, `${id}`, 'picture')
    const picture = {
      author: `${FIRST_ID + BigInt(i % 1000)}`,
      picture: `${id}`,
      spoiler: false,
      words: random.chance(1 / 2) ? wordsOf(random) : [],
      at: i,
      meaning: { space: SPACE, mean },
    }
    waiting.push(records.set(key, picture, { vectors, ttlMs: DAY_MS }))
    if (waiting.length === AT_ONCE) {
      await Promise.all(waiting)
      waiting = []
    }
  }
  await Promise.all(waiting)
}

async function measure(records: SearchableRecords, kinds: readonly Float32Array[], random: Random) {
  const loading = await timed(() => onePart(records))
  const index = loading.value
  const { channels } = index
  report('read from the store, at the first search', [loading])
  const byWords = []
  for (const [kind, words] of Object.entries(WORD_QUERIES)) {
    const all = await repeated(() => {
      const best = new Best(MAX_HITS)
      return index.findWords(wordScorer(words)!, channels, best)
    })
    report(`searched by words: ${kind} (in ${all[0]!.value})`, all)
    byWords.push({ kind, pictures: all[0]!.value, ms: processorMs(all) })
  }
  const texts = Array.from({ length: QUERIES }, () => near(random.pick(kinds), random))
  const narrowing = await repeated((i) => {
    const best = new Best(MAX_COMPARED)
    index.nearest(texts[i]!, channels, best)
    return best.inOrder()
  })
  report('narrowed by the means', narrowing)
  const comparing = await repeated(async (i) => {
    const narrowed = narrowing[i]!.value
    const all = await Promise.all(narrowed.map(({ key }) => records.vectorsOf(key)))
    return all.map((vectors) => largestCosine(unpacked(vectors ?? ''), texts[i]!))
  })
  report(`all vectors of ${MAX_COMPARED} compared`, comparing)
  const wordsMs = Math.max(...byWords.map(({ ms }) => ms))
  const searchMs = wordsMs + processorMs(narrowing) + processorMs(comparing)
  process.stdout.write(
    `${'a search, with the slowest words'.padEnd(WHAT_WIDTH)}${searchMs.toFixed(1)} ms of processor time\n`,
  )
  return {
    megabytes: Math.round(index.bytes / 1e6),
    loadingMs: processorMs([loading]),
    byWords,
    narrowingMs: processorMs(narrowing),
    comparingMs: processorMs(comparing),
    searchMs,
  }
}

/** The pictures of the server, which have room in memory. */
async function onePart(records: SearchableRecords): Promise<PictureIndex> {
  const [index, ...others] = await Array.fromAsync(records.loaded.partsOf(GUILD, SPACE))
  if (index === undefined || others.length > 0) {
    throw new ConfigError(['--pictures is more than there is memory for.'])
  }
  return index
}

/** As often as there are queries. @param work takes the number of the query. */
async function repeated<T>(work: (query: number) => T | Promise<T>): Promise<Timed<T>[]> {
  const all = []
  for (let i = 0; i < QUERIES; i++) {
    all.push(await timed(() => work(i)))
  }
  return all
}

type Timed<T> = { readonly value: T; readonly processorMs: number; readonly ms: number }

/** @returns with the processor time of all threads. */
async function timed<T>(work: () => T | Promise<T>): Promise<Timed<T>> {
  const start = performance.now()
  const before = process.cpuUsage()
  const value = await work()
  const { user, system } = process.cpuUsage(before)
  return { value, processorMs: (user + system) / 1000, ms: performance.now() - start }
}

/** The median. */
function processorMs(all: readonly Timed<unknown>[]): number {
  return medianOf(all.map(({ processorMs: ms }) => ms))
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}

function report(what: string, all: readonly Timed<unknown>[]): void {
  const clock = medianOf(all.map(({ ms }) => ms))
  const figures = `${processorMs(all).toFixed(1)} ms of processor time, ${clock.toFixed(1)} ms by the clock`
  process.stdout.write(`${what.padEnd(WHAT_WIDTH)}${figures}\n`)
}

/** A line of words. */
function wordsOf(random: Random): string[] {
  const count = random.between(1, MAX_WORDS)
  const words = Array.from({ length: count }, () => {
    const number = Math.floor(MAX_NUMBER ** random.between(0, 1)) - 1
    return `${random.pick(STEMS)}${number}`
  })
  return [words.join(' ')]
}

function unitVector(random: Random, width: number): Float32Array {
  return normalized(Float32Array.from({ length: width }, () => random.between(-1, 1)))
}

/** A vector like another one. */
function near(vector: Float32Array, random: Random): Float32Array {
  const noise = 1 / Math.sqrt(vector.length)
  return normalized(vector.map((value) => value + random.between(-noise, noise)))
}

function normalized(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  return vector.map((value) => value / length)
}

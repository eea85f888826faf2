/**
 * How many pictures a second moderation can have read, alone and while people are being answered, and
 * how long these people then wait.
 */

import { imageSourceOf } from '../../inference/contract/image-source.ts'
import type { ImageSource, Model } from '../../inference/contract/types.ts'
import { formatTable } from '../report/tally.ts'
import { drawTemplate, TEMPLATES } from './templates.ts'

const SECONDS = 20
/** Who ask one question after the other. */
const PEOPLE = 2
/** Readings that wait or run at once. */
const READINGS = 4
/** Pictures to read; each is read once, as what was read is kept. */
const PICTURES = 240
const QUESTION = 'what is in the picture?'

export type ReadingRate = {
  /** Pictures a second without people, and beside them. */
  readonly alone: number
  readonly beside: number
  /** Answers a second and their median time in milliseconds, without readings and beside them. */
  readonly people: { readonly alone: Answers; readonly beside: Answers }
}

type Answers = { readonly rate: number; readonly p50Ms: number }

/** @param scenes pictures that people ask about. */
export async function measureReadingRate(
  model: Model,
  scenes: readonly Uint8Array[],
): Promise<ReadingRate> {
  const sources = await Promise.all(scenes.map((scene) => imageSourceOf(scene)))
  const people = new Cycle(sources)
  const pictures = new Cycle(await screenshots())
  // Opens the reader, and warms both up.
  await read(model, pictures)
  await ask(model, people)

  const alone = await during(PEOPLE, () => ask(model, people))
  const readings = await during(READINGS, () => read(model, pictures))
  const [asked, beside] = await Promise.all([
    during(PEOPLE, () => ask(model, people)),
    during(READINGS, () => read(model, pictures)),
  ])
  return {
    alone: readings.length / SECONDS,
    beside: beside.length / SECONDS,
    people: { alone: answersOf(alone), beside: answersOf(asked) },
  }
}

export function readingRateTable({ alone, beside, people }: ReadingRate): string {
  return formatTable([
    [`two cores for ${SECONDS} s`, 'alone', 'together'],
    ['pictures read a second', alone.toFixed(1), beside.toFixed(1)],
    ['answers a second', people.alone.rate.toFixed(1), people.beside.rate.toFixed(1)],
    [
      'an answer takes, p50',
      `${people.alone.p50Ms.toFixed(0)} ms`,
      `${people.beside.p50Ms.toFixed(0)} ms`,
    ],
  ])
}

/** Gives its items in turn. */
class Cycle<T> {
  readonly #items: readonly T[]
  #next = 0

  constructor(items: readonly T[]) {
    this.#items = items
  }

  take(): T {
    const item = this.#items[this.#next % this.#items.length]!
    this.#next += 1
    return item
  }
}

/** Screenshots of several kinds, each with other words. */
async function screenshots(): Promise<ImageSource[]> {
  const sources: ImageSource[] = []
  for (let i = 0; i < PICTURES; i++) {
    const { template } = TEMPLATES[i % TEMPLATES.length]!
    const file = await drawTemplate(template, 0, { words: 50_000 + i })
    sources.push(await imageSourceOf(file))
  }
  return sources
}

async function read(model: Model, pictures: Cycle<ImageSource>): Promise<void> {
  const picture = pictures.take()
  await model.read(picture, { urgency: 'background' })
  await model.forget([picture.key]) // or the next round would find it read
}

async function ask(model: Model, pictures: Cycle<ImageSource>): Promise<void> {
  const picture = pictures.take()
  await model.ask(picture, QUESTION)
  await model.forget([picture.key])
}

/** Repeats work, so many at once. @returns the milliseconds of each that ended in time. */
async function during(count: number, work: () => Promise<void>): Promise<number[]> {
  const end = performance.now() + SECONDS * 1000
  const took: number[] = []
  const repeat = async () => {
    while (performance.now() < end) {
      const start = performance.now()
      await work()
      if (performance.now() <= end) {
        took.push(performance.now() - start)
      }
    }
  }
  await Promise.all(Array.from({ length: count }, repeat))
  return took.toSorted((a, b) => a - b)
}

function answersOf(took: readonly number[]): Answers {
  return { rate: took.length / SECONDS, p50Ms: took[Math.floor(took.length / 2)] ?? 0 }
}

/** What only some models can be asked: about two pictures, and about what is printed on one. */

import { askerOf, textOf } from '../../commands/terminal/honest.ts'
import { imageSourceOf } from '../../inference/contract/image-source.ts'
import type { Model } from '../../inference/contract/types.ts'
import { picturesOf } from '../../inference/package/model-card.ts'
import { createTally } from '../report/tally.ts'
import { type GivenAnswer, someAtOnce } from './answers.ts'
import { readPrinted, readPrintedPictures } from './printed/read.ts'
import { askOfPrinted, askOfUnprinted, isUnprinted } from './printed/words.ts'
import { picturePairs } from './questions/two-pictures.ts'
import { isRight } from './score.ts'
import type { HandPicture, Question } from './truth.ts'

/** Pictures without text that are asked for it all the same. */
const UNPRINTED = 75
const PAIRS = 150
/** How the names of pictures begin whose fonts no training picture has. */
const NEW_FONTS = 'printed/canvas-'

export type FurtherRow = {
  readonly name: string
  readonly count: number
  /** Null: the model takes no such question. */
  readonly share: number | null
  /** As if no picture were turned away. */
  readonly inside: number | null
}

/** Pictures that are shown together, and what is asked about them. */
export type Showing = {
  readonly pictures: readonly Uint8Array[]
  readonly questions: readonly Question[]
  /** Something is printed in a font that no training picture has. */
  readonly isNewFont?: boolean
}

/** All that is asked, of drawings that are at hand. @param limit of each kind of showing. */
export function furtherShowings(
  drawings: readonly HandPicture[],
  bytesOf: (name: string) => Uint8Array,
  limit = Infinity,
): Showing[] {
  const files = readPrintedPictures()
  const printed = readPrinted().map((scene, seed) => ({
    pictures: [files.get(scene.name)!],
    questions: askOfPrinted(scene, seed),
    isNewFont: scene.name.startsWith(NEW_FONTS),
  }))
  const unprinted = evenly(drawings.filter(isUnprinted), UNPRINTED).map(({ name }, seed) => ({
    pictures: [bytesOf(name)],
    questions: askOfUnprinted(seed),
  }))
  const pairs = picturePairs(drawings, PAIRS).map(({ pictures, questions }) => ({
    pictures: pictures.map(({ name }) => bytesOf(name)),
    questions,
  }))
  return [printed, unprinted, pairs].flatMap((all) => all.slice(0, limit))
}

/** So many of a list, from all over it. */
function evenly<T>(all: readonly T[], count: number): T[] {
  const step = Math.max(1, all.length / count)
  return Array.from({ length: Math.min(count, all.length) }, (_, i) => all[Math.floor(i * step)]!)
}

const ROWS = {
  'two pictures': 'questions about two pictures',
  word: 'printed words read',
  number: 'printed numbers read',
  'new font': 'words and numbers in fonts of no training',
  'text there': '"is there any text?"',
  'no words': 'no words there: said so',
} as const

/** Asks everything. Of a model that takes one picture, the row of two has no share. */
export async function furtherRows(
  model: Model,
  showings: readonly Showing[],
): Promise<FurtherRow[]> {
  const most = picturesOf(model.card)
  const answers = await someAtOnce(
    showings.filter(({ pictures }) => pictures.length <= most),
    (showing) => answersTo(model, showing),
  )
  const [shown, inside] = [createTally(), createTally()]
  for (const { rows, isRight: right, isRightInside } of answers.flat()) {
    for (const row of rows) {
      shown.add(row, right)
      inside.add(row, isRightInside)
    }
  }
  const asked = showings.flatMap((showing) =>
    showing.questions.flatMap((question) => rowsOf(showing, question)),
  )
  return Object.entries(ROWS).map(([kind, name]) => ({
    name,
    count: asked.filter((row) => row === kind).length,
    share: shown.share(kind),
    inside: inside.share(kind),
  }))
}

/** The rows that an answer counts in. */
function rowsOf({ isNewFont }: Showing, { kind }: Question): string[] {
  return isNewFont === true && (kind === 'word' || kind === 'number') ? [kind, 'new font'] : [kind]
}

type Counted = GivenAnswer & { readonly rows: readonly string[] }

async function answersTo(model: Model, showing: Showing): Promise<Counted[]> {
  const { pictures, questions } = showing
  const sources = await Promise.all(pictures.map((bytes) => imageSourceOf(bytes)))
  const signal = new AbortController().signal
  const ask = await askerOf(model, sources, { signal, marks: true })
  return Promise.all(
    questions.map(async (question): Promise<Counted> => {
      const answer = await ask(question.text, { history: [], signal })
      const text = textOf(answer)
      const isRightInside = isRight(text, question)
      const isTurnedAway = answer.judgment.verdict === 'outside'
      const isShown = isRightInside && !isTurnedAway
      return { question, text, isRightInside, isRight: isShown, rows: rowsOf(showing, question) }
    }),
  )
}

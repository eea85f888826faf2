/** Everything that a model says about the test pictures, on the way that `describe` and `ask` take. */

import { askerOf, textOf } from '../../commands/terminal/honest.ts'
import { imageSourceOf } from '../../inference/contract/image-source.ts'
import type { ImageSource, Model } from '../../inference/contract/types.ts'
import { isRight, namedThings } from './score.ts'
import type { HandPicture, OtherPicture, Question } from './truth.ts'

/** Pictures at work at once: their questions share the decoder's steps. */
const AT_ONCE = 4

export type GivenAnswer = {
  readonly question: Question
  readonly text: string
  /** As people get it: wrong where the picture was turned away. */
  readonly isRight: boolean
  /** Of the model's words, whether or not the picture was turned away. */
  readonly isRightInside: boolean
}

/** What was said about a drawing. */
export type Said = {
  readonly picture: HandPicture
  readonly source: ImageSource
  readonly caption: string
  /** Whether it was taken for no drawing; then people get no description. */
  readonly isTurnedAway: boolean
  readonly answers: readonly GivenAnswer[]
}

/** What was said about a picture that is no drawing of shapes. */
export type SaidOfOther = {
  readonly picture: OtherPicture
  readonly caption: string
  /** Whether people get a description of shapes that are not there, without a warning. */
  readonly isFalse: boolean
}

/** Describes every drawing and asks all its questions. */
export function sayAll(
  model: Model,
  drawings: readonly HandPicture[],
  bytesOf: (name: string) => Uint8Array,
): Promise<Said[]> {
  return someAtOnce(drawings, async (picture) => {
    const source = await imageSourceOf(bytesOf(picture.name))
    const { text: caption, judgment } = await model.describe(source)
    const isTurnedAway = judgment.verdict === 'outside'
    const signal = new AbortController().signal
    const ask = await askerOf(model, [source], { signal, marks: true })
    const answers = await Promise.all(
      picture.questions.map(async (question): Promise<GivenAnswer> => {
        const { text: words, history = [] } = question
        const text = textOf(await ask(words, { history, signal }))
        const isRightInside = isRight(text, question)
        return { question, text, isRightInside, isRight: isRightInside && !isTurnedAway }
      }),
    )
    return { picture, source, caption, isTurnedAway, answers }
  })
}

/** Describes every other picture. */
export function sayOfOthers(
  model: Model,
  others: readonly OtherPicture[],
  bytesOf: (name: string) => Uint8Array,
): Promise<SaidOfOther[]> {
  return someAtOnce(others, async (picture) => {
    const { text: caption, judgment } = await model.describe(bytesOf(picture.name))
    const isFalse = judgment.verdict === 'inside' && namedThings(caption).length > 0
    return { picture, caption, isFalse }
  })
}

/** The model's own words: every caption, and the answer to every question, in their order. */
export async function bareWords(
  model: Model,
  drawings: readonly HandPicture[],
  bytesOf: (name: string) => Uint8Array,
): Promise<string[]> {
  const words = await someAtOnce(drawings, async (picture) => {
    const source = await imageSourceOf(bytesOf(picture.name))
    const all = [
      model.describe(source),
      ...picture.questions.map(({ text, history = [] }) => model.ask(source, text, { history })),
    ]
    return (await Promise.all(all)).map(({ text }) => text)
  })
  return words.flat()
}

/** The results of `work` on each item, in the items' order. */
export async function someAtOnce<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const open = [...items.entries()]
  const take = async () => {
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      results[next[0]] = await work(next[1])
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, take))
  return results
}

/** Questions about two pictures that are shown together, each with an answer that nobody would doubt. */

import { createRandom, type Random } from '../../report/random.ts'
import type { HandPicture, Question, Thing } from '../truth.ts'
import { type Asked, isAlike, isOnly, nameOf, NOTHING, withArticle } from './words.ts'

export type PicturePair = {
  readonly pictures: readonly [HandPicture, HandPicture]
  readonly questions: readonly Question[]
}
/** Two pictures as they are shown. */
type Two = readonly [Asked, Asked]
type AskTwo = (two: Two, random: Random) => Omit<Question, 'kind'> | null

const SEED = 19
const QUESTIONS = 3
/** Of one picture: with more it is hard to count, which is not what is asked for here. */
const MOST_OBJECTS = 4
const NUMBERS = ['zero', 'one', 'two', 'three', 'four'] as const
const ORDER = ['first', 'second'] as const
const SAME = ['both have the same number', 'both', 'same', 'same number', 'both the same'] as const

/** Pairs of the drawings, each in one pair at most, and what is asked about them. */
export function picturePairs(drawings: readonly HandPicture[], count: number): PicturePair[] {
  const random = createRandom(SEED)
  const free = drawings.filter(
    ({ objects }) => objects.length > 0 && objects.length <= MOST_OBJECTS,
  )
  const take = () => free.splice(Math.floor(random.between(0, free.length)), 1)[0]
  const pairs: PicturePair[] = []
  while (pairs.length < count && free.length > 1) {
    const pictures = [take()!, take()!] as const
    const questions: Question[] = []
    for (let i = 0; i < 4 * KINDS.length && questions.length < QUESTIONS; i++) {
      // The kinds in turn, so that each is asked as often as it can be.
      const asked = KINDS[(pairs.length * QUESTIONS + i) % KINDS.length]!(pictures, random)
      if (asked !== null && questions.every(({ text }) => text !== asked.text)) {
        questions.push({ kind: 'two pictures', ...asked })
      }
    }
    pairs.push({ pictures, questions })
  }
  return pairs
}

/** A shape of one of them that none of the others could be taken for. @returns how many each has. */
function counted(two: Two, random: Random): readonly [shape: string, counts: number[]] | null {
  const { shape } = random.pick(two.flatMap(({ objects }) => objects))
  const alike = two.map(({ objects }) => objects.filter((one) => isAlike(one.shape, shape)))
  return alike.flat().every((one) => one.shape === shape)
    ? [shape, alike.map(({ length }) => length)]
    : null
}

function plural(shape: string): string {
  return shape === 'cross' ? 'crosses' : `${shape}s`
}

/** "the first", as it may be said. */
function orderAnswers(index: number): string[] {
  const word = ORDER[index]!
  return [word, `${word} one`, `${word} picture`, `picture ${index + 1}`]
}

const more: AskTwo = (two, random) => {
  const [shape = '', [first = 0, second = 0] = []] = counted(two, random) ?? []
  if (shape === '') {
    return null
  }
  const text = random.pick([
    `which one has more ${plural(shape)}?`,
    `which picture has more ${plural(shape)}?`,
  ])
  return { text, answers: first === second ? SAME : orderAnswers(Number(second > first)) }
}

const countIn: AskTwo = (two, random) => {
  const [shape = '', counts = []] = counted(two, random) ?? []
  const index = Math.floor(random.between(0, 2))
  const number = counts[index]
  return number === undefined
    ? null
    : {
        text: `how many ${plural(shape)} are in the ${ORDER[index]} picture?`,
        answers: [String(number), NUMBERS[number]!, ...(number === 0 ? NOTHING : [])],
      }
}

/** Whether a picture has a thing of that name; null where people could disagree. */
function has({ objects }: Asked, { shape, colors: [color] }: Thing): boolean | null {
  const alike = objects.filter((one) => isAlike(one.shape, shape) && one.colors.includes(color!))
  return alike.length === 0 ? false : alike.some((one) => one.shape === shape) ? true : null
}

/** A thing of one color, and whether each picture has one of that name. */
function named(two: Two, random: Random): readonly [name: string, there: boolean[]] | null {
  const thing = random.pick(two.flatMap(({ objects }) => objects))
  const there = two.map((one) => has(one, thing))
  const [color] = thing.colors
  return thing.colors.length > 1 || there.includes(null)
    ? null
    : [withArticle(`${color} ${thing.shape}`), there.map(Boolean)]
}

const whichHas: AskTwo = (two, random) => {
  const [name = '', there = []] = named(two, random) ?? []
  return name === ''
    ? null
    : {
        text: random.pick([`which picture has ${name}?`, `which one has ${name}?`]),
        answers: there.every(Boolean)
          ? ['both', 'both pictures']
          : orderAnswers(there.indexOf(true)),
      }
}

const doBothHave: AskTwo = (two, random) => {
  const [name = '', there = []] = named(two, random) ?? []
  return name === ''
    ? null
    : { text: `do both have ${name}?`, answers: [there.every(Boolean) ? 'yes' : 'no'] }
}

const isThere: AskTwo = (two, random) => {
  const [name = '', there = []] = named(two, random) ?? []
  const index = Math.floor(random.between(0, 2))
  return name === ''
    ? null
    : {
        text: `is there ${name} in the ${ORDER[index]} picture?`,
        answers: [there[index] === true ? 'yes' : 'no'],
      }
}

const colorIn: AskTwo = (two, random) => {
  const index = Math.floor(random.between(0, 2))
  const picture = two[index]!
  const thing = random.pick(picture.objects)
  const isNamed =
    isOnly(picture.objects, ({ shape }) => isAlike(shape, thing.shape)) &&
    nameOf(picture, thing) !== null
  return !isNamed || thing.colors.length > 1
    ? null
    : {
        text: `what color is the ${thing.shape} in the ${ORDER[index]} picture?`,
        answers: thing.colors,
      }
}

const backgroundIn: AskTwo = (two, random) => {
  const index = Math.floor(random.between(0, 2))
  const { background } = two[index]!
  return background === null
    ? null
    : {
        text: `what color is the background of the ${ORDER[index]} picture?`,
        answers: [background],
      }
}

const KINDS: readonly AskTwo[] = [
  more,
  countIn,
  whichHas,
  doBothHave,
  isThere,
  colorIn,
  backgroundIn,
]

/** Questions about one thing, about how many there are, and about what is not there. */

import {
  absentColor,
  absentShape,
  type Ask,
  type Asked,
  isAlike,
  isOnly,
  nameOf,
  NOTHING,
  placeAnswers,
  sharesColor,
  sizeAnswers,
  withArticle,
} from './words.ts'
import type { Random } from '../../report/random.ts'
import type { Question, Thing } from '../truth.ts'

const NUMBERS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six'] as const

type About = (picture: Asked, thing: Thing, random: Random) => Question | null

/** The question about each thing of a picture. */
export function aboutEach(picture: Asked, ask: About): Ask[] {
  return picture.objects.map((thing, about) => (random) => {
    const question = ask(picture, thing, random)
    return question === null ? null : { ...question, about }
  })
}

export function colorOf({ objects }: Asked, thing: Thing, random: Random): Question | null {
  const isNamed = isOnly(objects, ({ shape }) => isAlike(shape, thing.shape))
  if (!isNamed || thing.colors.length > 1) {
    return null
  }
  const text = random.pick([
    `what color is the ${thing.shape}?`,
    `what color is the ${thing.shape}?`,
    `what is the color of the ${thing.shape}?`,
  ])
  return { kind: 'color', text, answers: thing.colors }
}

export function shapeOf({ objects }: Asked, thing: Thing, random: Random): Question | null {
  const [color] = thing.colors
  if (thing.colors.length > 1 || !isOnly(objects, (other) => sharesColor(other, thing))) {
    return null
  }
  const text = random.pick([
    `what is the ${color} thing?`,
    `which shape is ${color}?`,
    `what shape is ${color}?`,
  ])
  return { kind: 'shape', text, answers: [thing.shape, `${color} ${thing.shape}`] }
}

function count(text: string, number: number): Question {
  const none = number === 0 ? NOTHING : []
  return { kind: 'count', text, answers: [String(number), NUMBERS[number]!, ...none] }
}

export function countsOf({ objects }: Asked): Ask[] {
  const all: Ask = () => count('how many shapes are there?', objects.length)
  const shapes: Ask = (random) => {
    const shape = random.pick(objects).shape
    const alike = objects.filter((other) => isAlike(other.shape, shape))
    return alike.every((other) => other.shape === shape)
      ? count(`how many ${plural(shape)} are there?`, alike.length)
      : null
  }
  const colors: Ask = (random) => {
    const [color] = random.pick(objects).colors
    const same = objects.filter((other) => other.colors.includes(color!))
    return same.every((other) => other.colors.length === 1)
      ? count(`how many ${color} shapes are there?`, same.length)
      : null
  }
  return objects.length === 0 ? [all] : [all, all, shapes, shapes, colors]
}

function plural(shape: string): string {
  return shape === 'cross' ? 'crosses' : `${shape}s`
}

export function sizeQuestion(picture: Asked, thing: Thing, random: Random): Question | null {
  const name = nameOf(picture, thing)
  const answers = sizeAnswers(thing, picture)
  if (name === null || answers === null) {
    return null
  }
  const text = random.pick([`how big is the ${name}?`, `what size is the ${name}?`])
  return { kind: 'size', text, answers }
}

export function placeQuestion(picture: Asked, thing: Thing): Question | null {
  const name = nameOf(picture, thing)
  const answers = placeAnswers(thing)
  return name === null || answers === null
    ? null
    : { kind: 'position', text: `where is the ${name}?`, answers }
}

function presence(thing: string, answer: 'yes' | 'no'): Question {
  return { kind: 'presence', text: `is there ${withArticle(thing)}?`, answers: [answer] }
}

/** As many "no" as "yes". */
export function presencesOf(picture: Asked): Ask[] {
  const { objects } = picture
  const absent: Ask = (random) => {
    const shape = absentShape(picture, random)
    return shape === null ? null : presence(shape, 'no')
  }
  /** In half of them a shape that is there, in a color that is not. */
  const missing: Ask = (random) =>
    random.chance(0.5)
      ? absent(random)
      : presence(`${absentColor(picture, random)} ${random.pick(objects).shape}`, 'no')
  return objects.length === 0
    ? [absent]
    : objects.flatMap((thing, about) => [
        (random) => {
          const isColored = thing.colors.length === 1 && random.chance(0.5)
          const name = isColored ? `${thing.colors[0]} ${thing.shape}` : thing.shape
          return { ...presence(name, 'yes'), about }
        },
        missing,
      ])
}

export function backgroundOf({ background }: Asked): Ask[] {
  if (background === null) {
    return []
  }
  return [
    (random) => ({
      kind: 'background',
      text: random.pick(['what color is the background?', 'what is the background color?']),
      answers: [background],
    }),
  ]
}

/** Attributes of what is not there. */
export function absencesOf(picture: Asked): Ask[] {
  return [
    (random) => {
      const shape = absentShape(picture, random)
      if (shape === null) {
        return null
      }
      const text = random.pick([
        `what color is the ${shape}?`,
        `what color is the ${shape}?`,
        `where is the ${shape}?`,
        `how big is the ${shape}?`,
      ])
      return { kind: 'absent', text, answers: [`there is no ${shape}`, ...NOTHING] }
    },
  ]
}

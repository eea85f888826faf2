/** What is printed on the test pictures of words and numbers, and what is asked about it. */

import { createRandom } from '../../report/random.ts'
import type { HandPicture, Question, Scene } from '../truth.ts'

/** A picture with one word or number on it, in lower case. */
export type PrintedScene = Scene & { readonly printed: string }

/** A share of what is printed; the rest are words. */
const NUMBERS = 0.3
const LARGEST = [99, 99, 999, 9999] as const

/** Words of two to seven letters, of those that the training prints, too; its fonts and hands are others. */
const WORDS = `
  art ask ball bank bed best big bike bird blue boat book box bread bus cafe cake car cat city
  clean club cold cool cup dance day dinner dog door dream drink dry easy eat end exit face farm
  fish food free fresh fruit game garden gate gift gold green hand happy hat help here hi hot
  hotel house ice inn jam join juice key king kiss lake lamp left lemon light lion list live long
  love lunch map market menu milk moon music name new night no north ok old on open orange park
  party pay pen pizza play pool pull push quiet rain read red rent rice road rock room sale salt
  school sea sell shop sign sing sky sleep slow snow soap song soup south star stop street sugar
  summer sun sweet taxi tea test ticket time today tour town toy train tree up use van visit wait
  walk warm water way welcome west white wind winter wood work world yellow yes you zoo
`
  .trim()
  .split(/\s+/)

const WHAT = ['what does it say?', 'what is written here?', 'read the text'] as const
const WORD = ['what word is it?', 'which word is written?'] as const
const NUMBER = ['what number is it?', 'which number is in the picture?'] as const
const THERE = ['is there any text?', 'is something written?'] as const
export const NO_WORDS = 'i see no words'
/** Of a picture without objects that only has lines: its own text would be one. */
const WITH_TEXT = ['note', 'watermark', 'title', 'axes', 'screenshot', 'line', 'scribble', 'digit']

/** What is printed on so many pictures: each another word as long as there are some. */
export function printedOn(seed: number, count: number): string[] {
  const random = createRandom(seed)
  const free: string[] = []
  return Array.from({ length: count }, () => {
    if (random.chance(NUMBERS)) {
      return String(Math.floor(random.between(10, random.pick(LARGEST) + 1)))
    }
    if (free.length === 0) {
      free.push(...WORDS)
    }
    const word = random.pick(free)
    free.splice(free.indexOf(word), 1)
    return word
  })
}

/** What is read of a picture, and whether there is text at all. */
export function askOfPrinted({ printed }: PrintedScene, seed: number): Question[] {
  const random = createRandom(seed)
  const isNumber = /^\d+$/.test(printed)
  const text = random.pick([...WHAT, ...(isNumber ? NUMBER : WORD)])
  return [
    { kind: isNumber ? 'number' : 'word', text, answers: [printed] },
    { kind: 'text there', text: random.pick(THERE), answers: ['yes'] },
  ]
}

/** The same of a picture that has no text. */
export function askOfUnprinted(seed: number): Question[] {
  const random = createRandom(seed)
  return [
    { kind: 'no words', text: random.pick(WHAT), answers: [NO_WORDS] },
    { kind: 'text there', text: random.pick(THERE), answers: ['no'] },
  ]
}

/** Whether nothing on a drawing could be taken for text. */
export function isUnprinted({ style, objects }: HandPicture): boolean {
  const all = [...style, ...objects.flatMap((thing) => thing.style)]
  return objects.length > 0 && !all.some((word) => WITH_TEXT.includes(word))
}

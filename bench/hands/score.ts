/** What counts as right: of an answer, and of a caption. */

import { COLORS, SHAPES } from './questions/words.ts'
import { DIGITS, pluralOfThing, THINGS } from './things/words.ts'
import type { HandPicture, Question, Thing } from './truth.ts'

/** What a word of a caption names: a shape, a thing or a digit. */
const NOUNS: Readonly<Record<string, string>> = Object.fromEntries([
  ...SHAPES.flatMap((shape) => [
    [shape, shape],
    [shape === 'cross' ? 'crosses' : `${shape}s`, shape],
  ]),
  ...[...THINGS, ...DIGITS].flatMap((thing) => [
    [thing, thing],
    [pluralOfThing(thing), thing],
  ]),
])
const NUMBERS: Readonly<Record<string, number>> = { two: 2, three: 3, four: 4, five: 5, six: 6 }
/** A color before one of these is not that of the next shape. */
const NO_SHAPES = new Set(['background', 'border', 'outline', 'edge', 'frame', 'text', 'line'])

/** An answer without capitals, punctuation, article, and the words around a place. */
export function plainAnswer(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9 ]+/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/ in (this|the) picture$/, '')
    .replace(/^it is /, '')
    .replace(/^(at|in|on|to) the /, '')
    .replace(/^(a|an|the) /, '')
}

/** Whether an answer is one of those that are accepted, or about what is not there. */
export function isRight(given: string, { answers, kind }: Question): boolean {
  const plain = plainAnswer(given)
  return answers.includes(plain) || (kind === 'absent' && /^there (is|are) no /.test(plain))
}

/** Something that a caption names. */
export type Named = { readonly color: string | null; readonly shape: string }

/** The shapes, things and digits that a caption names with their colors, in its order; "two red stars" are two. */
export function namedThings(caption: string): Named[] {
  const things: Named[] = []
  let color: string | null = null
  let count = 1
  for (const word of caption.toLowerCase().match(/[a-z]+|[0-9]/g) ?? []) {
    const shape = NOUNS[word]
    if (shape !== undefined) {
      for (let i = 0; i < count; i++) {
        things.push({ color, shape })
      }
    }
    if (shape !== undefined || NO_SHAPES.has(word)) {
      color = null
      count = 1
    }
    count = NUMBERS[word] ?? count
    color = (COLORS as readonly string[]).includes(word) ? word : color
  }
  return things
}

/** Whether a caption names every object with its color and shape, and no other. */
export function namesAll(caption: string, { objects }: HandPicture): boolean {
  const named = namedThings(caption)
  return named.length === objects.length && unnamed(named, objects).length === 0
}

/** Things have no color of their own, and none is asked of a caption. */
function isColorOf(color: string | null, { colors }: Thing): boolean {
  return colors.length === 0 || (color !== null && colors.includes(color))
}

/** The objects that are not among the named things; each of these stands for one object. */
export function unnamed(named: readonly Named[], objects: readonly Thing[]): Thing[] {
  const free = [...named]
  // Those with one color first, so that another does not take their name.
  const strict = objects.toSorted((a, b) => a.colors.length - b.colors.length)
  return strict.filter((thing) => {
    const index = free.findIndex(
      ({ shape, color }) => shape === thing.shape && isColorOf(color, thing),
    )
    if (index >= 0) {
      free.splice(index, 1)
    }
    return index < 0
  })
}

/** What is put where on the pictures of things: decided here, drawn by page.js. */

import { createRandom, type Random } from '../../report/random.ts'
import type { Thing } from '../truth.ts'
import { DIGITS, THINGS } from './words.ts'

export type Font = { readonly family: string; readonly weight: number }
/** A square that an icon or a digit is drawn in, in pixels. */
export type Mark = {
  readonly object: Pick<Thing, 'shape' | 'colors' | 'hex' | 'style'>
  readonly font: Font
  readonly side: number
  readonly left: number
  readonly top: number
}
export type Plan = {
  readonly width: number
  readonly height: number
  readonly background: { readonly name: string; readonly hex: string }
  readonly marks: readonly Mark[]
}

export const FONTS: readonly Font[] = [
  { family: 'comic-neue', weight: 700 },
  { family: 'lora', weight: 400 },
  { family: 'nunito', weight: 700 },
  { family: 'patrick-hand', weight: 400 },
  { family: 'roboto-slab', weight: 700 },
]
const WHITE = { name: 'white', hex: '#ffffff' }
const BACKGROUNDS = [
  { name: 'blue', hex: '#bfdcff' },
  { name: 'green', hex: '#bfe8c2' },
  { name: 'yellow', hex: '#fff3a8' },
  { name: 'pink', hex: '#ffd3e2' },
  { name: 'gray', hex: '#c4c4c4' },
  { name: 'beige', hex: '#d9b99b' },
]
const INKS = [
  { name: 'red', hex: '#d8232a' },
  { name: 'blue', hex: '#1d4fd7' },
  { name: 'green', hex: '#12863a' },
  { name: 'purple', hex: '#7a28b0' },
  { name: 'orange', hex: '#f57c12' },
]
const SIDES = [
  [640, 480],
  [512, 512],
  [800, 600],
  [480, 640],
  [960, 540],
] as const
/** Of the picture's shorter side. */
const SIZE = [0.28, 0.7] as const
const TRIES = 400

/** Every thing twice, mostly alone, and every digit four times. */
export function plansOf(seed: number): Plan[] {
  const random = createRandom(seed)
  const singles = [...THINGS, ...DIGITS, ...DIGITS].map((shape) => planOf(random, [shape]))
  const pairs = [...THINGS, ...DIGITS, ...DIGITS].map((shape) => {
    const other = random.pick(THINGS.filter((thing) => thing !== shape))
    return planOf(random, random.chance(0.6) ? [shape, other] : [shape])
  })
  return [...singles, ...pairs]
}

function planOf(random: Random, shapes: readonly string[]): Plan {
  const [width, height] = random.pick(SIDES)
  const background = random.chance(0.6) ? WHITE : random.pick(BACKGROUNDS)
  for (let i = 0; i < TRIES; i++) {
    const marks = shapes.map((shape) => markOf(random, shape, [width, height]))
    if (!areTouching(marks)) {
      return { width, height, background, marks }
    }
  }
  throw new RangeError(`no room for ${shapes.join(' and ')} on ${width} × ${height}`)
}

function markOf(random: Random, shape: string, [width, height]: readonly [number, number]): Mark {
  const side = Math.round(random.between(...SIZE) * Math.min(width, height))
  const ink = random.pick(INKS)
  const isDigit = DIGITS.includes(shape)
  return {
    object: isDigit
      ? { shape, colors: [ink.name], hex: ink.hex, style: ['digit'] }
      : { shape, colors: [], style: ['thing'] },
    font: random.pick(FONTS),
    side,
    left: Math.round(random.between(0, width - side)),
    top: Math.round(random.between(0, height - side)),
  }
}

function areTouching([one, other]: readonly Mark[]): boolean {
  return (
    one !== undefined &&
    other !== undefined &&
    one.left < other.left + other.side &&
    other.left < one.left + one.side &&
    one.top < other.top + other.side &&
    other.top < one.top + one.side
  )
}

/** What the retrieval of pictures is measured with: descriptions, and searches for one thing. */

import { COLORS, withArticle } from '../hands/questions/words.ts'
import type { HandPicture, Thing } from '../hands/truth.ts'

/** A search is measured if at least so many pictures have what it is for. */
const LEAST = 2

export type QueryKind = 'a shape of a color' | 'a shape' | 'a thing' | 'a background' | 'a color'

/** A search, and the one of a picture's contents that it is for. */
export type Query = { readonly kind: QueryKind; readonly text: string; readonly wanted: string }

/** "a red circle and a blue square": what is on a picture, in no order that means anything. */
export function textOf({ objects }: Pick<HandPicture, 'objects'>): string {
  const things = objects.map((thing) => withArticle(nameOf(thing))).toSorted()
  const last = things.pop() ?? 'nothing'
  return things.length === 0 ? last : `${things.join(', ')} and ${last}`
}

/**
 * What searches can find on a picture: each `shape`, `color shape`, its `color background`, and each
 * `color`, wherever it is.
 */
export function contentsOf({
  objects,
  background,
}: Pick<HandPicture, 'objects' | 'background'>): ReadonlySet<string> {
  const contents = objects.flatMap(({ shape, colors }) => [
    shape,
    ...colors.flatMap((color) => [color, `${color} ${shape}`]),
  ])
  const behind = background === null ? [] : [background, `${background} background`]
  return new Set([...contents, ...behind])
}

/** A search for all that at least `LEAST` of the pictures have, sorted by its words. */
export function queriesOf(pictures: readonly ReadonlySet<string>[]): Query[] {
  const counts = new Map<string, number>()
  for (const wanted of pictures.flatMap((contents) => [...contents])) {
    counts.set(wanted, (counts.get(wanted) ?? 0) + 1)
  }
  const shapes = new Set([...counts.keys()].filter((wanted) => wanted.includes(' ')).map(lastWord))
  return [...counts]
    .filter(([, count]) => count >= LEAST)
    .map(([wanted]) => {
      const kind = kindOf(wanted, shapes)
      return { kind, text: kind === 'a color' ? wanted : withArticle(wanted), wanted }
    })
    .toSorted((a, b) => a.text.localeCompare(b.text))
}

function nameOf({ colors: [color], shape }: Thing): string {
  return color === undefined ? shape : `${color} ${shape}`
}

function kindOf(wanted: string, shapes: ReadonlySet<string>): QueryKind {
  if (isColor(wanted)) {
    return 'a color'
  }
  if (wanted.endsWith(' background')) {
    return 'a background'
  }
  if (wanted.includes(' ')) {
    return 'a shape of a color'
  }
  return shapes.has(wanted) ? 'a shape' : 'a thing'
}

function isColor(word: string): boolean {
  const colors: readonly string[] = COLORS
  return colors.includes(word)
}

function lastWord(words: string): string {
  return words.slice(words.lastIndexOf(' ') + 1)
}

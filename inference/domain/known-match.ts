/** Compares texts with a picture in the words that the model was made for, and says which it does not know. */

import type { ImageInput, Model, RequestOptions, TextMatch } from '../contract/types.ts'
import { knownText } from '../text/known-question.ts'

/** The text is as it was given. */
export type KnownMatch = TextMatch & {
  /** Words that the model does not know: with any, its numbers mean nothing. */
  readonly unknown: readonly string[]
}

/** As `match` of a model with a `matcher`, of each text in the matcher's words. */
export async function matchKnown(
  model: Pick<Model, 'matcher' | 'match'>,
  image: ImageInput,
  texts: readonly string[],
  options: RequestOptions = {},
): Promise<KnownMatch[]> {
  const known = texts.map((text) => knownText(model.matcher ?? {}, text))
  const matches = await model.match(
    image,
    known.map(({ text }) => text),
    options,
  )
  return matches.map(({ itm, itc }, i) => ({
    text: texts[i]!,
    itm,
    itc,
    unknown: known[i]!.unknown,
  }))
}

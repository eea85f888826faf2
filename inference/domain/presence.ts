/**
 * Whether what a question takes for granted is in the picture: "what color is the heart?" has an
 * answer only where there is a heart. A card's `questions.presence` says which words name things and
 * how to ask whether one is there; a model without it is asked nothing more.
 */

import { normalizeText } from '../text/normalize-text.ts'
import type { ModelCard } from '../package/model-card.ts'
import type { ImageInput, Model, RequestOptions } from '../contract/types.ts'

/** Below this probability of "yes" a thing is not there. */
const LEAST_PROBABILITY = 0.5

/** The things that a question takes for granted, such as `red heart`; each once. */
export function presupposedThings(
  { questions }: Pick<ModelCard, 'questions'>,
  question: string,
): string[] {
  const { presence, words = {} } = questions ?? {}
  if (presence === undefined) {
    return []
  }
  const nouns = wordsOf(presence.nouns, words)
  const modifiers = new Set(wordsOf(presence.modifiers, words))
  const things = new Set<string>()
  const tokens = normalizeText(question).split(' ')
  for (const [i, token] of tokens.entries()) {
    let end = i + 1
    while (token === presence.determiner && modifiers.has(tokens[end] ?? '')) {
      end++
    }
    if (token === presence.determiner && nouns.includes(tokens[end] ?? '')) {
      things.add(tokens.slice(i + 1, end + 1).join(' '))
    }
  }
  return [...things]
}

/**
 * The first thing that a question takes for granted and the picture does not have; null: none.
 * Costs one short prompt for each thing that the caption does not name.
 *
 * @param caption of the picture; empty if there is none.
 */
export async function missingThing(
  model: Pick<Model, 'card' | 'score'>,
  image: ImageInput,
  { question, caption, ...options }: RequestOptions & { question: string; caption: string },
): Promise<string | null> {
  const { presence } = model.card.questions ?? {}
  const named = ` ${normalizeText(caption)} `
  for (const thing of presupposedThings(model.card, question)) {
    if (presence && !named.includes(` ${thing} `)) {
      const a = /^[aeiou]/.test(thing) ? 'an' : 'a'
      const asked = presence.question.replace('{a}', a).replace('{thing}', thing)
      const answers = [presence.yes, presence.no]
      const [yes] = await model.score(image, { ...options, question: asked, answers })
      if ((yes?.probability ?? 1) < LEAST_PROBABILITY) {
        return thing
      }
    }
  }
  return null
}

function wordsOf(kinds: readonly string[], words: Readonly<Record<string, readonly string[]>>) {
  return kinds.flatMap((kind) => words[kind] ?? [])
}

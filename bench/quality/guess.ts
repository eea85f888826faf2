/** The best possible guess without the picture: the most frequent answer to a question. */

import type { Asked, UnseenScene } from './demo-scenes.ts'

/**
 * @returns for a question of scene `index`, the most frequent right answer to that very question
 *   in the *other* scenes, else to a question of its category.
 */
export function guessWithoutPicture(
  scenes: readonly UnseenScene[],
): (index: number, turn: Asked) => string | undefined {
  const asked = scenes.flatMap(({ conversations }, index) =>
    conversations.flat().map((turn) => ({ index, turn, words: plain(turn.question) })),
  )
  return (index, turn) => {
    const others = asked.filter((other) => other.index !== index)
    const twins = others.filter(({ words }) => words === plain(turn.question))
    const alike = others.filter((other) => other.turn.category === turn.category)
    return mostFrequent((twins.length > 0 ? twins : alike).map((other) => other.turn.answer))
  }
}

function plain(question: string): string {
  return question.replace(/\?$/, '')
}

function mostFrequent(items: readonly string[]): string | undefined {
  const counts = new Map<string, number>()
  for (const item of items) {
    counts.set(item, (counts.get(item) ?? 0) + 1)
  }
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0]
}

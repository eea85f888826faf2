/** CTC decoding: from probabilities of classes, step by step, to the characters of a line. */

/** What a crop says. */
export type Recognized = {
  readonly text: string
  /** Mean probability of its characters, 0 to 1; 0 for no character. */
  readonly confidence: number
  /** The same in Cyrillic, of a line whose letters look alike in Latin and Cyrillic. */
  readonly inCyrillic?: string
}

/** A character of a line, at the step of the network that gave it first. */
export type Character = {
  readonly text: string
  readonly probability: number
  readonly step: number
}

/**
 * Greedy CTC decoding: the likeliest class of each step, repetitions merged, blanks dropped.
 *
 * @param probabilities float32 [steps, classes].
 */
export function charactersOf(probabilities: Float32Array, list: readonly string[]): Character[] {
  const classes = list.length
  const characters: Character[] = []
  let previous = 0
  for (let step = 0; step * classes < probabilities.length; step++) {
    const start = step * classes
    let best = 0
    let most = probabilities[start]!
    for (let i = 1; i < classes; i++) {
      const probability = probabilities[start + i]!
      if (probability > most) {
        most = probability
        best = i
      }
    }
    if (best !== 0 && best !== previous) {
      characters.push({ text: list[best]!, probability: most, step })
    }
    previous = best
  }
  return characters
}

/** The text of characters, and how sure they are. */
export function summaryOf(characters: readonly Character[]): Recognized {
  const sum = characters.reduce((total, { probability }) => total + probability, 0)
  return {
    text: characters.map(({ text }) => text).join(''),
    confidence: characters.length === 0 ? 0 : sum / characters.length,
  }
}

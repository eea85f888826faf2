/** The best candidates of a search: those with the highest scores, and of equal ones the newest. */

/** More candidates than are asked for are sorted only when there are this many times as many. */
const SLACK = 4

export type Candidate = {
  readonly key: string
  readonly score: number
  /** When it was posted, in milliseconds since the epoch. */
  readonly at: number
}

export class Best {
  readonly #most: number
  #candidates: Candidate[] = []
  /** Candidates that are not better than this one are not needed. */
  #least: Pick<Candidate, 'score' | 'at'> = { score: -Infinity, at: -Infinity }

  /** @param most how many there are in the end. */
  constructor(most: number) {
    this.#most = most
  }

  /** Whether `add` would change anything: it is quicker to ask first. */
  takes(score: number, at: number): boolean {
    const least = this.#least
    return score > least.score || (score === least.score && at > least.at)
  }

  add(candidate: Candidate): void {
    this.#candidates.push(candidate)
    if (this.#candidates.length >= SLACK * this.#most) {
      this.#candidates = this.inOrder()
      this.#least = this.#candidates.at(-1) ?? this.#least
    }
  }

  /** The best ones, the best first. */
  inOrder(): Candidate[] {
    return this.#candidates
      .toSorted((a, b) => b.score - a.score || b.at - a.at)
      .slice(0, this.#most)
  }
}

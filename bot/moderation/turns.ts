/** Lets work with the same key be done one after another; other keys do not wait. */

export class Turns {
  /** The end of the last turn of each key, well or ill. */
  readonly #ends = new Map<string, Promise<void>>()

  /** How many keys have work under way. */
  get size(): number {
    return this.#ends.size
  }

  /** Does the work when all that was given before with this key is done, even if it failed. */
  take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#ends.get(key) ?? Promise.resolve()).then(work)
    const clear = () => {
      if (this.#ends.get(key) === end) {
        this.#ends.delete(key)
      }
    }
    const end: Promise<void> = turn.then(clear, clear)
    this.#ends.set(key, end)
    return turn
  }

  /** Waits until nothing is under way. */
  async settle(): Promise<void> {
    while (this.#ends.size > 0) {
      await Promise.all(this.#ends.values())
    }
  }
}

/** Keeps the steps of an answer until somebody listens. */

import type { Step } from '../../../inference/contract/types.ts'
import type { OnStep } from './answers.ts'

export class FirstSteps {
  readonly #early: [choice: number, step: Step][] = []
  readonly #first = Promise.withResolvers<void>()
  #listener: OnStep | null = null

  /** Resolves with the first step. */
  get first(): Promise<void> {
    return this.#first.promise
  }

  readonly push: OnStep = (choice, step) => {
    if (this.#listener) {
      this.#listener(choice, step)
      return
    }
    this.#early.push([choice, step])
    this.#first.resolve()
  }

  /** Tells the steps so far, and those that come. */
  listen(listener: OnStep): void {
    this.#listener = listener
    for (const [choice, step] of this.#early.splice(0)) {
      listener(choice, step)
    }
  }
}

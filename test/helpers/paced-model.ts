/** A model whose answers grow in a few steps, at the pace of whoever looks at them. */

import type { Model, Step } from '../../inference/contract/types.ts'

/** Steps of a growing answer that are told. */
export const PIECES = 3

/** Steps of a text that show something more each time; the last shows all. */
export function pieces(steps: readonly Step[]): Step[] {
  const size = Math.ceil(steps.length / PIECES)
  return steps.filter((_, index) => (index + 1) % size === 0 || index === steps.length - 1)
}

/** The model, whose answers come in pieces: the next one when `seen` is done with the text of the last. */
export function inPieces(model: Model, seen: (text: string) => Promise<void>): Model {
  return {
    ...model,
    ask: async (images, question, options = {}) => {
      const steps: Step[] = []
      const { onStep } = options
      const answer = await model.ask(images, question, {
        ...options,
        ...(onStep && { onStep: (step: Step) => void steps.push(step) }),
      })
      if (onStep) {
        for (const step of pieces(steps)) {
          onStep(step)
          await seen(step.text)
        }
      }
      return answer
    },
  }
}

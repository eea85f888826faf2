/** The system text that an operator set, for every request that has none of its own. */

import type { Model } from './contract/types.ts'
import { type AnyCard, takesSystem } from './package/model-card.ts'

/**
 * The model, told `system` before each description and each question. A request with a system text of its own,
 * also an empty one, keeps that. How likely answers are (`score`) is told without one.
 */
export function withSystemPrompt<M extends Pick<Model, 'card' | 'describe' | 'ask'>>(
  model: M,
  system: string | undefined,
): M {
  if (system === undefined || !takesSystem(model.card)) {
    return model
  }
  return {
    ...model,
    describe: (images, options) => model.describe(images, { system, ...options }),
    ask: (images, question, options) => model.ask(images, question, { system, ...options }),
  }
}

/** The sentence for the operator of a model that has no place for what they set; null: it has, or nothing is set. */
export function systemPromptNote(card: AnyCard, system: string | undefined): string | null {
  return system === undefined || takesSystem(card)
    ? null
    : `SIGHTSEER_SYSTEM_PROMPT has no effect: the prompts of ${card.name} have no place for it.`
}

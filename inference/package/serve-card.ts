/** The card of an open model, for a program that uses it from another machine. */

import { type AnyCard, picturesOf, takesSystem } from './model-card.ts'
import type { Scoring, ServedCard } from './served-card.ts'

export function scoringOf(card: AnyCard): Scoring {
  return card.family === null ? card.scoring : 'exact'
}

/** What another program is told of a model. Pictures are judged where the model is. */
export function servedCardOf(card: AnyCard): ServedCard {
  const { name, tasks, about, languages, source, defaults, questions, domain, precision } = card
  const { features: _, ...told } = domain ?? {}
  return {
    family: null,
    name,
    tasks,
    about,
    source,
    defaults,
    precision,
    scoring: scoringOf(card),
    pictures: picturesOf(card),
    ...(takesSystem(card) && { system: true as const }),
    ...(languages && { languages }),
    ...(questions && { questions }),
    ...(domain && { domain: { ...told, knows: domain.knows } }),
  }
}

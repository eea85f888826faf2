/** Shows an answer while the model writes it, as it will stand in the finished one. */

import { MAX_CONTENT, quoted, shortened } from '../../commands/answer-text.ts'
import type { AnyCard } from '../../inference/package/model-card.ts'
import type { StreamOptions } from '../../inference/contract/types.ts'
import type { Delivery } from '../discord/reply.ts'
import type { RequestContext } from './context.ts'

/** After a text that is not finished. */
export const MORE = ' …'

type Growing = {
  readonly card: Pick<AnyCard, 'defaults' | 'domain' | 'questions'>
  readonly kind: 'describe' | 'ask'
  /** Shown above the answer; null: none. */
  readonly question: string | null
  /** Whether one of its pictures is hidden: then nothing is shown before all of it can be hidden. */
  readonly spoiler: boolean
}

/**
 * What a request to the model takes, so that its text is shown as it grows. Nothing where that text may
 * still be taken back: with beams the best one so far may change, and a model of some pictures or words
 * only may turn out not to know these.
 */
export function growing(
  { delivery, text }: Pick<RequestContext, 'text'> & { readonly delivery: Pick<Delivery, 'grow'> },
  { card, kind, question, spoiler }: Growing,
): StreamOptions {
  const isFinal =
    (card.defaults[kind].beams ?? 1) === 1 &&
    card.domain === undefined &&
    card.questions === undefined
  if (!isFinal || spoiler) {
    return {}
  }
  const above = question === null ? '' : `${text.answer.asked(quoted(question, 150))}\n`
  const room = MAX_CONTENT - above.length - MORE.length
  return {
    onStep: ({ text: written }) => {
      if (written !== '') {
        delivery.grow(above + shortened(quoted(written), room) + MORE)
      }
    },
  }
}

/** Shows an answer while the model writes it, as it will stand in the finished one. */

import { MAX_CONTENT, quoted, quotedParagraphs, shortened } from '../../commands/answer-text.ts'
import type { AnyCard } from '../../inference/package/model-card.ts'
import type { StreamOptions } from '../../inference/contract/types.ts'
import type { Delivery } from '../discord/reply.ts'
import type { RequestContext } from './context.ts'

/** After a text that is not finished. */
export const MORE = ' …'

type Growing = {
  readonly card: Pick<AnyCard, 'defaults'>
  readonly kind: 'describe' | 'ask'
  /** Shown above the answer; null: none. */
  readonly question: string | null
  /** Whether one of its pictures is hidden: then nothing is shown before all of it can be hidden. */
  readonly spoiler: boolean
}

/**
 * What a request to the model takes, so that its text is shown as it grows. Nothing where that text may
 * still change: with beams, the best one so far does.
 *
 * It is for a request whose text nothing takes back any more. `answerQuestion` and `answerTogether` ask a
 * model of some pictures or words only once these are judged. `describePicture` gives it to no such model:
 * its description is what the picture is judged by, so the verdict falls with the last word.
 */
export function growing(
  { delivery, text }: Pick<RequestContext, 'text'> & { readonly delivery: Pick<Delivery, 'grow'> },
  { card, kind, question, spoiler }: Growing,
): StreamOptions {
  const isFinal = (card.defaults[kind].beams ?? 1) === 1
  if (!isFinal || spoiler) {
    return {}
  }
  const above = question === null ? '' : `${text.answer.asked(quoted(question, 150))}\n`
  const room = MAX_CONTENT - above.length - MORE.length
  return {
    onStep: ({ text: written }) => {
      if (written !== '') {
        delivery.grow(above + shortened(quotedParagraphs(written), room) + MORE)
      }
    },
  }
}

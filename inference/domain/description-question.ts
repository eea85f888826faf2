/**
 * Questions that ask what the whole picture shows, such as "what is this?". A model of one kind of
 * pictures was made to describe them, and not for each of the ways to ask for that.
 */

import { normalizeText } from '../text/normalize-text.ts'
import type { ModelCard } from '../package/model-card.ts'

const PICTURE =
  '(?:(?:the|this|that|my) )?(?:picture|image|photo|photograph|pic|drawing|scene|screenshot|sketch)'
const WHERE = `(?:here|there|(?:in|on|inside|about|of) (?:${PICTURE}|this|that|here|it))`
const IS = '(?: is| s|s)'

const WHOLE = new RegExp(
  `^(?:(?:please|hey|hi|hello|ok|so|and|can you|could you|would you) )*(?:${[
    `what${IS} (?:this|that|${PICTURE})(?: ${PICTURE})?(?: (?:here|about|of))?`,
    `what${IS} (?:this |that )?(?:a )?(?:picture|image|photo|drawing) of`,
    `what${IS} (?:(?:shown|seen|visible|depicted|going on|happening) )?${WHERE}`,
    `what${IS} (?:shown|going on|happening)`,
    `what (?:do|can|did) (?:you|we|i) see(?: ${WHERE})?`,
    `what are you (?:seeing|looking at)|what am i looking at`,
    `what does (?:${PICTURE}|this|that|it) (?:show|depict)|what is it showing`,
    `(?:describe|caption|explain) (?:it|this|that|(?:this |that )?${PICTURE}|what you (?:can )?see(?: ${WHERE})?)`,
    `tell me (?:what (?:you (?:can )?see|this is|that is|is ${WHERE})(?: ${WHERE})?|about (?:${PICTURE}|this|it))`,
  ].join('|')})(?: (?:please|to me|for me|exactly))*$`,
  'u',
)
/** The same with "it", which may stand for what was talked about before. */
const WHOLE_BY_IT = /^what(?: is| s|s) it$/u

/** Whether the model's description is the answer. */
export function asksForDescription(
  { domain }: Pick<ModelCard, 'domain'>,
  { question, history }: { readonly question: string; readonly history: readonly unknown[] },
): boolean {
  const text = normalizeText(question)
  return (
    domain !== undefined && (WHOLE.test(text) || (history.length === 0 && WHOLE_BY_IT.test(text)))
  )
}

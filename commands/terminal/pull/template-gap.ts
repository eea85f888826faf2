/** What is said where a package's chat format is not the one of its checkpoint's template. */

import type { TemplateGap } from '../../../inference/families/common/chat-template.ts'
import { printable } from '../../../inference/package/license.ts'

const USUAL =
  'questions are asked in the usual format of its family, which may not be the one that it was trained with. ' +
  '`prompts` in a sightseer.json beside its config.json override it.'

/** One or two sentences for the person who pulls the model. */
export function templateSentence(gap: TemplateGap): string {
  if (gap.reason === 'missing') {
    return `The model has no chat template: ${USUAL}`
  }
  const file = `The model's ${gap.file}`
  if (gap.reason === 'fails') {
    return `${file} cannot be used (${printable(gap.fault)}): ${USUAL}`
  }
  if (gap.reason === 'irregular') {
    return `${file} does not write turns one after the other: ${USUAL}`
  }
  return gap.reason === 'no-picture'
    ? `${file} does not write <image> exactly once, before the first question: ${USUAL}`
    : `${file} does not write further pictures in a way that is known here: it is asked about one picture at a time.`
}

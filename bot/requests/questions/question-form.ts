/** The form of a question about the pictures of a message or of an answer. */

import { ComponentType, type ModalSubmitInteraction, TextInputStyle } from 'discord.js'
import type { Catalog } from '../../../commands/i18n/words.ts'
import { answerCustomId } from '../../discord/custom-id.ts'

/** Longest question a form takes; the model's own limit is lower for most. */
const MAX_QUESTION = 300

/** The choice of all pictures together. */
export const ALL = 'all'

/** The form of a question; with several pictures, also which one, or all where the model takes them. @param form `languages`: of the model's card. */
export function questionForm(
  key: string,
  pictures: readonly { readonly index: number; readonly number: number }[],
  { modal }: Catalog,
  {
    all = false,
    languages,
  }: { readonly all?: boolean; readonly languages: readonly string[] | undefined },
) {
  const numbers = pictures.map(({ index, number }, i) => ({
    label: modal.numbered(number),
    value: String(index),
    default: i === 0 && !all,
  }))
  const together = { label: modal.all, value: ALL, default: true }
  const question = {
    type: ComponentType.TextInput,
    custom_id: 'question',
    style: TextInputStyle.Short,
    max_length: MAX_QUESTION,
    placeholder: modal.placeholder(languages),
    required: true,
  } as const
  const choice = {
    type: ComponentType.StringSelect,
    custom_id: 'picture',
    options: all ? [together, ...numbers] : numbers,
  } as const
  return {
    custom_id: answerCustomId(key, 'form'),
    title: modal.title,
    components: [
      ...(pictures.length > 1
        ? [{ type: ComponentType.Label, label: modal.picture, component: choice } as const]
        : []),
      { type: ComponentType.Label, label: modal.question, component: question } as const,
    ],
  }
}

/** The index of the chosen picture, or all; undefined if there was no choice. */
export function chosenIndex({ fields }: ModalSubmitInteraction): number | typeof ALL | undefined {
  if (!fields.fields.has('picture')) {
    return undefined
  }
  const [value = '0'] = fields.getStringSelectValues('picture')
  return value === ALL ? ALL : Number(value)
}

/** The question as it was typed. */
export function writtenQuestion({ fields }: ModalSubmitInteraction): string {
  return fields.getTextInputValue('question')
}

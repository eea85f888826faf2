/** /help: shows what the bot can do and what its model knows; people may also ask for it in a message. */

import { MessageFlags } from 'discord.js'
import { MAX_CONTENT, plainMessage, quoted, shortened } from './answer-text.ts'
import type { AboutModel, Command } from './command.ts'
import { EVERYWHERE } from './definition/contexts.ts'
import { localized } from './i18n/localized.ts'
import type { Catalog } from './i18n/words.ts'

/**
 * @param about the model, whose text may be longer than the message has room for.
 * @param around sentences before and after it.
 * @returns at most MAX_CONTENT characters; of what is too much, the end of `about` is left out.
 */
export function helpText(
  { help, askIn }: Pick<Catalog, 'help' | 'askIn'>,
  { text, languages }: AboutModel,
  { before, after }: { readonly before?: string; readonly after?: string } = {},
): string {
  const note = askIn(languages)
  const whole = (model: string) =>
    [
      ...(before ? [`${before}\n`] : []),
      help(note === '' ? model : `${note}\n${model}`),
      ...(after ? [after] : []),
    ].join('\n')
  return whole(shortened(quoted(text), MAX_CONTENT - whole('').length))
}

export const helpCommand = {
  data: {
    ...localized('commands.help'),
    ...EVERYWHERE,
  },

  async execute(interaction, services, text) {
    await interaction.reply({
      ...plainMessage(
        helpText(text, services.about(), services.knows() ? { after: text.otherModel } : {}),
      ),
      flags: MessageFlags.Ephemeral,
    })
  },
} satisfies Command

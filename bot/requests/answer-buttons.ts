/** The buttons below an answer. */

import { InputError } from '../../config/errors.ts'
import {
  type ButtonInteraction,
  type ModalSubmitInteraction,
  PermissionFlagsBits,
} from 'discord.js'
import { withDeferral } from '../discord/deferral.ts'
import { readAnswerCustomId } from '../discord/custom-id.ts'
import type { QuestionFlow } from './question-flow.ts'
import { type RequestIntake, placeOf, withDeferredReply } from './submit.ts'
import type { Eraser } from '../memory/eraser.ts'
import type { AnswerRecord } from '../memory/records.ts'
import type { ConversationStore } from '../memory/conversation-store.ts'
import { ownConversations } from './repost-with-alt-text.ts'

type Deps = {
  readonly questions: QuestionFlow
  readonly intake: RequestIntake
  readonly memory: ConversationStore
  readonly eraser: Eraser
}

export class AnswerButtons {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** A form was filled in. */
  async submitted(interaction: ModalSubmitInteraction): Promise<void> {
    await this.#deps.questions.submitted(interaction, idOf(interaction.customId).key)
  }

  /** A button was pressed. */
  async pressed(interaction: ButtonInteraction): Promise<void> {
    const { key, action, number } = idOf(interaction.customId)
    const { questions } = this.#deps
    switch (action) {
      case 'ask':
        return questions.openForAnswer(interaction, key)
      case 'question':
        return questions.pressed(interaction, key, number)
      case 'again':
        return this.#regenerate(interaction, key)
      case 'delete':
        return this.#delete(interaction, key)
      case 'repost':
        return this.#repost(interaction, key)
      case 'form':
        throw new InputError('button/unknown')
    }
  }

  /** Generates another wording in the same message. Only the person who asked may do that. */
  async #regenerate(interaction: ButtonInteraction, key: string): Promise<void> {
    const answer = await this.#requireAnswer(interaction, key)
    if (answer.asker !== interaction.user.id) {
      throw new InputError('permission/only-asker')
    }
    const input = { kind: 'again', answer: key } as const
    const { hidden } = answer
    await withDeferral(
      () => interaction.deferUpdate(),
      (acknowledge) =>
        this.#deps.intake.submitInteraction(interaction, input, { hidden, acknowledge }),
    )
  }

  async #delete(interaction: ButtonInteraction, key: string): Promise<void> {
    const { memory, eraser } = this.#deps
    const place = placeOf(interaction)
    const answer = await memory.answer(place, key, interaction.user.id)
    const asker = answer?.asker ?? interaction.message.interactionMetadata?.user.id
    const moderates =
      interaction.memberPermissions?.has(PermissionFlagsBits.ManageMessages) ?? false
    if (asker !== interaction.user.id && !(moderates && interaction.inGuild())) {
      throw new InputError('permission/not-yours')
    }
    await interaction.deferUpdate()
    await interaction.deleteReply()
    // Discord sends no event when an ephemeral message is deleted.
    await eraser.deleteMessages(place, [interaction.message.id])
  }

  /** Posts the pictures again, with the model's description as alt text. */
  async #repost(interaction: ButtonInteraction, key: string): Promise<void> {
    const { intake, memory } = this.#deps
    await withDeferredReply(interaction, false, async (acknowledge) => {
      await ownConversations(memory, {
        place: placeOf(interaction),
        key,
        userId: interaction.user.id,
      })
      const { displayName: name } = interaction.user
      const maxBytes = interaction.attachmentSizeLimit
      const input = { kind: 'repost', answer: key, name, maxBytes } as const
      await intake.submitInteraction(interaction, input, { hidden: false, acknowledge })
    })
  }

  async #requireAnswer(interaction: ButtonInteraction, key: string): Promise<AnswerRecord> {
    const answer = await this.#deps.memory.answer(placeOf(interaction), key, interaction.user.id)
    if (!answer) {
      throw new InputError('conversation/unknown')
    }
    return answer
  }
}

function idOf(customId: string) {
  const id = readAnswerCustomId(customId)
  if (!id) {
    throw new InputError('button/unknown')
  }
  return id
}

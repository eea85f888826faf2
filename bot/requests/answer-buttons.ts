/** The buttons below an answer. */

import { InputError } from '../../config/errors.ts'
import {
  type ButtonInteraction,
  ComponentType,
  type ModalSubmitInteraction,
  PermissionFlagsBits,
  Routes,
} from 'discord.js'
import { catalogFor } from '../../commands/i18n/catalog.ts'
import { withDeferral, withDeferredReply } from '../discord/deferral.ts'
import { errorKind } from '../discord/api-errors.ts'
import { answerCustomId, readAnswerCustomId } from '../discord/custom-id.ts'
import type { QuestionFlow } from './questions/question-flow.ts'
import type { RequestIntake } from './submit.ts'
import { placeOf } from '../discord/place.ts'
import type { Eraser } from '../memory/eraser.ts'
import type { AnswerRecord } from '../memory/records.ts'
import type { ConversationStore } from '../memory/conversation-store.ts'
import { altTextForm, ownConversations, textsOf } from './kinds/repost-with-alt-text.ts'

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
    const { key, action } = idOf(interaction.customId)
    await (action === 'text'
      ? this.#repost(interaction, key)
      : this.#deps.questions.submitted(interaction, key))
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
        return this.#openAltText(interaction, key)
      case 'form':
      case 'text':
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
    // First: Discord sends no event when an ephemeral message is deleted, and a message that stays can
    // be deleted again, but records whose message is gone cannot.
    await eraser.messages.delete(place, [interaction.message.id])
    await interaction.deleteReply()
  }

  /** Opens the form with the alternative text of the person's own pictures. */
  async #openAltText(interaction: ButtonInteraction, key: string): Promise<void> {
    const { memory } = this.#deps
    const answer = await this.#requireAnswer(interaction, key)
    if (answer.reposted !== null) {
      throw new InputError('answer/reposted')
    }
    const where = { place: placeOf(interaction), key, userId: interaction.user.id }
    const form = altTextForm(
      key,
      await ownConversations(memory, where),
      catalogFor(interaction.locale),
    )
    await interaction.showModal(form)
  }

  /** Posts the pictures again with the text of the form, and turns the button off. */
  async #repost(interaction: ModalSubmitInteraction, key: string): Promise<void> {
    const { intake, memory } = this.#deps
    await withDeferredReply(interaction, false, async (acknowledge) => {
      const where = { place: placeOf(interaction), key, userId: interaction.user.id }
      await ownConversations(memory, where)
      const { displayName: name } = interaction.user
      const maxBytes = interaction.attachmentSizeLimit
      const texts = textsOf(interaction)
      const input = { kind: 'repost', answer: key, name, maxBytes, texts } as const
      await intake.submitInteraction(interaction, input, { hidden: false, acknowledge })
    })
    await turnOff(interaction, answerCustomId(key, 'repost'))
  }

  async #requireAnswer(interaction: ButtonInteraction, key: string): Promise<AnswerRecord> {
    const answer = await this.#deps.memory.answer(placeOf(interaction), key, interaction.user.id)
    if (!answer) {
      throw new InputError('conversation/unknown')
    }
    return answer
  }
}

/**
 * Turns off a button of the message that a form was opened from. Where the bot cannot edit that
 * message, because only the person sees it, the button stays and says that it was used.
 */
async function turnOff({ message, client }: ModalSubmitInteraction, customId: string) {
  const components = message?.components.map((row) => {
    const json = row.toJSON()
    return json.type === ComponentType.ActionRow
      ? {
          ...json,
          components: json.components.map((one) =>
            'custom_id' in one && one.custom_id === customId ? { ...one, disabled: true } : one,
          ),
        }
      : json
  })
  if (message) {
    const route = Routes.channelMessage(message.channelId, message.id)
    await client.rest.patch(route, { body: { components } }).catch((error: unknown) => {
      if (errorKind(error) === 'bug') {
        throw error
      }
    })
  }
}

function idOf(customId: string) {
  const id = readAnswerCustomId(customId)
  if (!id) {
    throw new InputError('button/unknown')
  }
  return id
}

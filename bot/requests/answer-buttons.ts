/** The buttons below an answer. */

import { InputError } from '../../config/errors.ts'
import {
  type ButtonInteraction,
  type ModalSubmitInteraction,
  PermissionFlagsBits,
} from 'discord.js'
import { acknowledging } from '../discord/deferral.ts'
import { readCustomId } from './answer-message.ts'
import type { Questions } from './question-flow.ts'
import { type Desk, placeOf, replying } from './submit.ts'
import type { Forgetting } from '../memory/eraser.ts'
import type { AnswerRecord } from '../memory/records.ts'
import type { Memory } from '../memory/conversation-store.ts'
import { ownTalks } from './repost-with-alt-text.ts'

type Parts = {
  readonly questions: Questions
  readonly desk: Desk
  readonly memory: Memory
  readonly forgetting: Forgetting
}

export class Buttons {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** A form was filled in. */
  async submitted(use: ModalSubmitInteraction): Promise<void> {
    await this.#parts.questions.submitted(use, idOf(use.customId).key)
  }

  /** A button was pressed. */
  async pressed(use: ButtonInteraction): Promise<void> {
    const { key, action, number } = idOf(use.customId)
    const { questions } = this.#parts
    switch (action) {
      case 'ask':
        return questions.openForAnswer(use, key)
      case 'question':
        return questions.pressed(use, key, number)
      case 'again':
        return this.#again(use, key)
      case 'delete':
        return this.#delete(use, key)
      case 'repost':
        return this.#repost(use, key)
      case 'form':
        throw new InputError('button/unknown')
    }
  }

  /** Says it in other words, in the same place; it is the asker's answer to change. */
  async #again(use: ButtonInteraction, key: string): Promise<void> {
    const answer = await this.#known(use, key)
    if (answer.asker !== use.user.id) {
      throw new InputError('permission/only-asker')
    }
    const wish = { kind: 'again', answer: key } as const
    const { hidden } = answer
    await acknowledging(
      () => use.deferUpdate(),
      (acknowledge) => this.#parts.desk.fromInteraction(use, wish, { hidden, acknowledge }),
    )
  }

  async #delete(use: ButtonInteraction, key: string): Promise<void> {
    const { memory, forgetting } = this.#parts
    const place = placeOf(use)
    const answer = await memory.answer(place, key, use.user.id)
    const asker = answer?.asker ?? use.message.interactionMetadata?.user.id
    const moderates = use.memberPermissions?.has(PermissionFlagsBits.ManageMessages) ?? false
    if (asker !== use.user.id && !(moderates && use.inGuild())) {
      throw new InputError('permission/not-yours')
    }
    await use.deferUpdate()
    await use.deleteReply()
    // Discord tells of no deletion of a message that only one person sees.
    await forgetting.messages(place, [use.message.id])
  }

  /** Posts the pictures again, with what the model says of them as alt text. */
  async #repost(use: ButtonInteraction, key: string): Promise<void> {
    const { desk, memory } = this.#parts
    await replying(use, false, async (acknowledge) => {
      await ownTalks(memory, { place: placeOf(use), key, userId: use.user.id })
      const { displayName: name } = use.user
      const maxBytes = use.attachmentSizeLimit
      const wish = { kind: 'repost', answer: key, name, maxBytes } as const
      await desk.fromInteraction(use, wish, { hidden: false, acknowledge })
    })
  }

  async #known(use: ButtonInteraction, key: string): Promise<AnswerRecord> {
    const answer = await this.#parts.memory.answer(placeOf(use), key, use.user.id)
    if (!answer) {
      throw new InputError('conversation/unknown')
    }
    return answer
  }
}

function idOf(customId: string) {
  const id = readCustomId(customId)
  if (!id) {
    throw new InputError('button/unknown')
  }
  return id
}

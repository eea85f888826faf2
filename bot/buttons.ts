/** The buttons below an answer. */

import {
  AttachmentBuilder,
  type ButtonInteraction,
  type ModalSubmitInteraction,
  PermissionFlagsBits,
} from 'discord.js'
import { escaped } from '../commands/answer-text.ts'
import { catalogueFor, Said } from '../commands/i18n/catalogue.ts'
import { acknowledging } from './acknowledging.ts'
import { readCustomId } from './answers.ts'
import type { Questions } from './asking.ts'
import type { Talk } from './channel-record.ts'
import { altTextOf } from './describing.ts'
import { type Desk, placeOf } from './desk.ts'
import type { Eyes } from './eyes.ts'
import type { Settings } from './guild-settings.ts'
import type { AnswerRecord, Memory } from './memory.ts'

type Parts = {
  readonly questions: Questions
  readonly desk: Desk
  readonly eyes: Eyes
  readonly memory: Memory
  readonly settings: Settings
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
        throw new Said(({ errors }) => errors.unknownButton)
    }
  }

  /** Says it in other words, in the same place; it is the asker's answer to change. */
  async #again(use: ButtonInteraction, key: string): Promise<void> {
    const answer = await this.#known(use, key)
    if (answer.asker !== use.user.id) {
      throw new Said(({ errors }) => errors.onlyAsker)
    }
    const wish = { kind: 'again', answer: key } as const
    const { hidden } = answer
    await acknowledging(
      () => use.deferUpdate(),
      (acknowledge) => this.#parts.desk.fromInteraction(use, wish, { hidden, acknowledge }),
    )
  }

  async #delete(use: ButtonInteraction, key: string): Promise<void> {
    const { memory, settings } = this.#parts
    const place = placeOf(use)
    const answer = await memory.answer(place, key)
    const asker = answer?.asker ?? use.message.interactionMetadata?.user.id
    const moderates = use.memberPermissions?.has(PermissionFlagsBits.ManageMessages) ?? false
    if (asker !== use.user.id && !(moderates && use.inGuild())) {
      throw new Said(({ errors }) => errors.notYours)
    }
    await use.deferUpdate()
    await use.deleteReply()
    // Discord tells of no deletion of a message that only one person sees.
    await memory.messageGone(place, use.message.id, await settings.ttlMs(place.guildId))
  }

  /** Posts the pictures again, with what the model says of them as alt text. */
  async #repost(use: ButtonInteraction, key: string): Promise<void> {
    const answer = await this.#known(use, key)
    const talks = await Promise.all(
      answer.parts.map(({ talk }) => this.#parts.memory.talk(placeOf(use), talk)),
    )
    const known = talks.filter((talk) => talk !== undefined)
    if (known.length === 0) {
      throw new Said(({ errors }) => errors.unknownConversation)
    }
    if (known.some((talk) => authorOf(talk) !== use.user.id)) {
      throw new Said(({ errors }) => errors.onlyAuthor)
    }
    await use.deferReply()
    const { errors, answer: words } = catalogueFor(use.locale)
    const files: AttachmentBuilder[] = []
    for (const { picture, descriptions } of known) {
      const bytes = await this.#parts.eyes.bytesOf({ ...picture, altText: null })
      if (bytes.length > use.attachmentSizeLimit) {
        const most = `${Math.floor(use.attachmentSizeLimit / 2 ** 20)} MiB`
        throw new Said(() => errors.pictureTooLarge(most))
      }
      const description = words.altText(altTextOf(descriptions.at(-1) ?? ''))
      const file = new AttachmentBuilder(Buffer.from(bytes), { name: picture.name, description })
      files.push(file.setSpoiler(picture.spoiler))
    }
    await use.editReply({
      content: words.repostedFor(escaped(use.user.displayName)),
      files,
      allowedMentions: { parse: [], repliedUser: false },
    })
  }

  async #known(use: ButtonInteraction, key: string): Promise<AnswerRecord> {
    const answer = await this.#parts.memory.answer(placeOf(use), key)
    if (!answer) {
      throw new Said(({ errors }) => errors.unknownConversation)
    }
    return answer
  }
}

/** Whose picture it is: who posted it, or who gave it with a command. */
function authorOf({ picture, by }: Talk): string {
  return picture.source?.authorId ?? by
}

function idOf(customId: string) {
  const id = readCustomId(customId)
  if (!id) {
    throw new Said(({ errors }) => errors.unknownButton)
  }
  return id
}

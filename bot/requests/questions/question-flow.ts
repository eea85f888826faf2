/** Questions asked with a command, a button or a form: finds what each is about. */

import {
  type BaseInteraction,
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  MessageFlags,
  type MessageContextMenuCommandInteraction,
  type ModalSubmitInteraction,
} from 'discord.js'
import type { Model } from '../../../inference/contract/types.ts'
import { picturesOf } from '../../../inference/package/model-card.ts'
import type { FoundPicture } from '../../../commands/picture.ts'
import type { AboutModel } from '../../../commands/command.ts'
import { catalogFor } from '../../../commands/i18n/catalog.ts'
import { plainMessage } from '../../../commands/answer-text.ts'
import { InputError } from '../../../config/errors.ts'
import { type Acknowledge, withDeferredReply } from '../../discord/deferral.ts'
import type { Conversation } from '../../memory/conversation.ts'
import { currentConversation, nextQuestion, visibleTo } from '../../memory/conversation-reading.ts'
import type { Deletions } from '../../memory/deletions.ts'
import { shownBytes } from '../../messages/shown-files.ts'
import { questionText } from '../../messages/question-text.ts'
import { smallTalkIn } from '../../messages/small-talk.ts'
import { ALL, chosenIndex, questionForm, writtenQuestion } from './question-form.ts'
import { smallTalkReply } from '../../messages/small-talk-reply.ts'
import type { RequestIntake } from '../submit.ts'
import { placeOf } from '../../discord/place.ts'
import { newKey } from '../../store/keys.ts'
import type { AnswerRecord } from '../../memory/records.ts'
import type { ConversationStore } from '../../memory/conversation-store.ts'
import { menuPictures } from '../../discord/picture-finder.ts'
import { type AskSubject, pointableRecord, askSubject } from './ask-subject.ts'
import { audienceOf } from '../context.ts'
import { numberOf } from '../answer-message.ts'

type Ask = {
  readonly question: string
  /** An uploaded picture; it wins over `picture`. */
  readonly image: FoundPicture | undefined
  readonly picture: string | undefined
  readonly hidden: boolean
}

/** Asked of pictures that are compared, in the language of the models. */
const COMPARISON = 'What do these pictures have in common, and what is different?'

type Compare = {
  /** Null: what they share and what differs. */
  readonly question: string | null
  readonly images: readonly FoundPicture[]
  readonly hidden: boolean
}

/** A question, and how to answer it. */
type QuestionInput = {
  readonly question: string
  readonly hidden: boolean
  readonly acknowledge: Acknowledge
}

export class QuestionFlow {
  readonly #memory: ConversationStore
  readonly #intake: RequestIntake
  readonly #deletions: Deletions
  readonly #model: Pick<Model, 'card'>
  readonly #about: () => AboutModel

  /** @param deps `about`: what people are told of the model. */
  constructor(deps: {
    readonly memory: ConversationStore
    readonly intake: RequestIntake
    readonly deletions: Deletions
    readonly model: Pick<Model, 'card'>
    readonly about: () => AboutModel
  }) {
    this.#memory = deps.memory
    this.#intake = deps.intake
    this.#deletions = deps.deletions
    this.#model = deps.model
    this.#about = deps.about
  }

  /** `/compare`. A model that takes fewer pictures looks at each by itself. */
  async compare(
    interaction: ChatInputCommandInteraction,
    { question: written, images, hidden }: Compare,
  ): Promise<void> {
    const asked = written === null ? null : questionText(written, interaction)
    const question = asked ?? (this.#takes(images.length) ? COMPARISON : null)
    await withDeferredReply(interaction, hidden, (acknowledge) =>
      this.#askAboutPictures(interaction, {
        pictures: images,
        question,
        hidden,
        acknowledge,
        compared: true,
      }),
    )
  }

  /** Whether the model takes so many pictures at once. */
  #takes(pictures: number): boolean {
    return pictures <= picturesOf(this.#model.card)
  }

  /**
   * `/ask`. A question about a picture that was shown privately is answered privately, also when
   * that was not asked for.
   */
  async ask(
    interaction: ChatInputCommandInteraction,
    { question: written, image, picture, hidden }: Ask,
  ): Promise<void> {
    const question = questionText(written, interaction)
    if (await this.#answerSmallTalk(interaction, question)) {
      return
    }
    // Until the store has returned the picture, a deferred response is private.
    const reply = { hidden: true, sent: false }
    const isHidden = () => {
      reply.sent = true
      return reply.hidden
    }
    await withDeferredReply(interaction, isHidden, async (acknowledge) => {
      const record = await pointableRecord(this.#memory, interaction)
      const subject: AskSubject = image
        ? { pictures: [image] }
        : await askSubject(this.#memory, interaction, { record, picture })
      // What someone asks after a private answer is private too, whichever picture it is about.
      const talk = subject.conversation ?? currentConversation(record, interaction.user.id)
      if (!reply.sent) {
        reply.hidden = hidden || (talk !== undefined && talk.visibleTo !== null)
      }
      const input = { question, hidden: reply.hidden, acknowledge }
      if (!subject.conversation) {
        return this.#askAboutPictures(interaction, { pictures: subject.pictures, ...input })
      }
      const { conversation } = subject
      const audience = audienceOf({ hidden: reply.hidden, asker: interaction.user.id })
      const visible =
        visibleTo(record, audience).talks.find(({ id }) => id === conversation.id) ?? conversation
      return this.#askFollowUp(interaction, { conversation: visible, ...input })
    })
  }

  /**
   * Answers what is no question about a picture, and shows it only to the person.
   *
   * @returns whether it did.
   * @throws {InputError} if nothing is asked.
   */
  async #answerSmallTalk(
    interaction: ChatInputCommandInteraction | ModalSubmitInteraction,
    question: string,
  ): Promise<boolean> {
    if (question === '') {
      throw new InputError('text/empty-question')
    }
    const talk = smallTalkIn(question)
    if (talk === null) {
      return false
    }
    const { locale, guildId } = interaction
    const isDirect = guildId === null
    const reply = smallTalkReply(talk, { question, locale, about: this.#about(), isDirect })
    await interaction.reply({ ...plainMessage(reply), flags: MessageFlags.Ephemeral })
    return true
  }

  /** Opens the form for the pictures of a message, from its menu. */
  async openForMessage(interaction: MessageContextMenuCommandInteraction): Promise<void> {
    const pictures = [...(await menuPictures(interaction))]
    const place = placeOf(interaction)
    const { user, targetMessage: message } = interaction
    const key = `${message.id}.${newKey()}`
    const subjects = [
      `message/${message.id}`,
      `channel/${place.channelId}`,
      `user/${user.id}`,
      `guild/${place.guildId ?? 'dm'}`,
    ] as const
    await this.#deletions.write({ startedBy: interaction.id, subjects }, () =>
      this.#memory.saveForm(place, key, { by: user.id, pictures }),
    )
    const numbers = pictures.map((_, index) => ({ index, number: index + 1 }))
    const { languages } = this.#model.card
    const form = { all: this.#takes(pictures.length), languages }
    const text = catalogFor(interaction.locale)
    await interaction.showModal(questionForm(`m.${key}`, numbers, text, form))
  }

  /** Opens the form for an answer, from its button. */
  async openForAnswer(interaction: ButtonInteraction, key: string): Promise<void> {
    const answer = await this.#requireAnswer(interaction, key)
    const readable = answer.parts.flatMap(({ talk }, index) =>
      talk === '' ? [] : [{ index, number: numberOf(answer.parts, index) ?? 1 }],
    )
    const shown = answer.together ? readable.slice(0, 1) : readable
    const { languages } = this.#model.card
    const text = catalogFor(interaction.locale)
    await interaction.showModal(questionForm(key, shown, text, { languages }))
  }

  /** A form was filled in. */
  async submitted(interaction: ModalSubmitInteraction, key: string): Promise<void> {
    const hidden = interaction.message?.flags.has(MessageFlags.Ephemeral) ?? false
    const question = questionText(writtenQuestion(interaction), interaction)
    if (await this.#answerSmallTalk(interaction, question)) {
      return
    }
    const chosen = chosenIndex(interaction)
    await withDeferredReply(interaction, hidden, async (acknowledge) => {
      const input = { question, hidden, acknowledge }
      if (key.startsWith('m.')) {
        const formRecord = await this.#memory.form(
          placeOf(interaction),
          key.slice(2),
          interaction.user.id,
        )
        const all = formRecord?.pictures ?? []
        const index = typeof chosen === 'number' ? chosen : 0
        const pictures = chosen === ALL ? all : all.slice(index, index + 1)
        if (pictures.length === 0) {
          throw new InputError('conversation/unknown')
        }
        return this.#askAboutPictures(interaction, { pictures, ...input })
      }
      const answer = await this.#requireAnswer(interaction, key)
      const part =
        typeof chosen === 'number' ? chosen : answer.parts.findIndex(({ talk }) => talk !== '')
      return this.#askAbout(interaction, { answer, part, ...input })
    })
  }

  /** One of the suggested questions was pressed. */
  async pressed(interaction: ButtonInteraction, key: string, number: number): Promise<void> {
    const hidden = interaction.message.flags.has(MessageFlags.Ephemeral)
    await withDeferredReply(interaction, hidden, async (acknowledge) => {
      const answer = await this.#requireAnswer(interaction, key)
      const suggestion = answer.suggestions[number]
      if (!suggestion) {
        throw new InputError('button/unknown')
      }
      const { part, question } = suggestion
      await this.#askAbout(interaction, { answer, part, question, hidden, acknowledge })
    })
  }

  async #askAbout(
    interaction: ButtonInteraction | ModalSubmitInteraction,
    about: QuestionInput & { readonly answer: AnswerRecord; readonly part: number },
  ): Promise<void> {
    const part = about.answer.parts[about.part]
    if (!part) {
      throw new InputError('conversation/unknown')
    }
    const { parts, together = false } = about.answer
    const { talk, turn } = part
    const input = {
      kind: 'ask',
      talk,
      turn,
      ...(together && { together, others: parts.filter((other) => other !== part) }),
      number: together ? null : numberOf(parts, about.part),
      question: about.question,
      quoted: true,
    } as const
    await this.#intake.submitInteraction(interaction, input, about)
  }

  async #askFollowUp(
    interaction: ChatInputCommandInteraction,
    about: QuestionInput & { readonly conversation: Conversation },
  ): Promise<void> {
    const { conversation, question } = about
    const next = nextQuestion(conversation, interaction.user.id)
    const followUp = { kind: 'ask', ...next, question } as const
    const input = { ...followUp, quoted: true, named: true }
    await this.#intake.submitInteraction(interaction, input, about)
  }

  async #askAboutPictures(
    interaction: ChatInputCommandInteraction | ModalSubmitInteraction,
    about: Omit<QuestionInput, 'question'> & {
      readonly pictures: readonly FoundPicture[]
      readonly question: string | null
      readonly compared?: boolean
    },
  ): Promise<void> {
    const pictures = [...about.pictures]
    const { question, compared = false } = about
    // Nobody sees a picture that was attached to a command, so a public answer shows it.
    const isUpload = pictures.every(({ source }) => source === null)
    const shows = isUpload && !about.hidden ? shownBytes(interaction) : null
    const look = { kind: 'look', pictures, style: 'caption', question, compared } as const
    const input = { ...look, quoted: true, named: true, shows }
    await this.#intake.submitInteraction(interaction, input, about)
  }

  async #requireAnswer(interaction: BaseInteraction, key: string): Promise<AnswerRecord> {
    const answer = await this.#memory.answer(placeOf(interaction), key, interaction.user.id)
    if (!answer) {
      throw new InputError('conversation/unknown')
    }
    return answer
  }
}

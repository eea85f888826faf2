/** Questions asked with a command, a button or a form: finds what each is about. */

import {
  type AutocompleteInteraction,
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  ComponentType,
  MessageFlags,
  type MessageContextMenuCommandInteraction,
  type ModalSubmitInteraction,
  TextInputStyle,
} from 'discord.js'
import { shortened } from '../commands/answer-text.ts'
import type { FoundPicture } from '../commands/command.ts'
import { catalogueFor, Said } from '../commands/i18n/catalogue.ts'
import type { Catalogue } from '../commands/i18n/words.ts'
import type { Acknowledge } from './acknowledging.ts'
import { customId } from './answers.ts'
import { followedBy, lastTurn, type Talk } from './channel-record.ts'
import { type Desk, placeOf, replying } from './desk.ts'
import { picturesIn } from './images.ts'
import { type AnswerRecord, type Memory, newKey, type Place } from './memory.ts'
import { linkedMessage, newestPictures, recentWithPictures } from './picture-finder.ts'

/** Longest question a form takes; the model's own limit is lower for most. */
const MAX_QUESTION = 300
const MAX_CHOICES = 25
const MAX_CHOICE_NAME = 100

type Ask = {
  readonly question: string
  readonly picture: string | undefined
  readonly hidden: boolean
}

/** A question, and how its answer is to come. */
type Wanted = {
  readonly question: string
  readonly hidden: boolean
  readonly acknowledge: Acknowledge
}

export class Questions {
  readonly #memory: Memory
  readonly #desk: Desk

  constructor(memory: Memory, desk: Desk) {
    this.#memory = memory
    this.#desk = desk
  }

  /** `/ask`. */
  async ask(use: ChatInputCommandInteraction, { question, picture, hidden }: Ask): Promise<void> {
    await replying(use, hidden, async (acknowledge) => {
      const found = await this.#meant(use, picture)
      const wish = { question, hidden, acknowledge }
      await ('id' in found
        ? this.#goOn(use, { talk: found, ...wish })
        : this.#look(use, { pictures: found, ...wish }))
    })
  }

  /** The picture already talked about, or those to look at. */
  async #meant(
    use: ChatInputCommandInteraction,
    picture: string | undefined,
  ): Promise<Talk | readonly FoundPicture[]> {
    const place = placeOf(use)
    if (picture === undefined) {
      const talk = followedBy(await this.#memory.channel(place), use.user.id)
      return (
        talk ??
        newestPictures(use.channel).catch(() => {
          throw new Said(({ errors }) => errors.nothingToContinue)
        })
      )
    }
    const talk = await this.#memory.talk(place, picture)
    if (talk) {
      return talk
    }
    const message = await linkedMessage(use.client, picture, { ...place, user: use.user })
    const pictures = picturesIn(message)
    if (pictures.length === 0) {
      throw new Said(({ errors }) => errors.noPictureInMessage)
    }
    return pictures
  }

  /** Pictures to choose from: those talked about here, then those of recent messages. */
  async recent(use: AutocompleteInteraction, typed: string) {
    const { talks } = await this.#memory.channel(placeOf(use))
    const known = talks.toReversed().map((talk) => ({ name: labelOf(talk), value: talk.id }))
    const about = new Set(talks.map(({ picture }) => picture.source?.messageId))
    const messages = use.channel ? await recentWithPictures(use.channel).catch(() => []) : []
    const fresh = messages
      .filter(({ id }) => !about.has(id))
      .map((message) => {
        const names = picturesIn(message).map(({ name }) => name)
        return { name: `${names.join(', ')} (${message.author.displayName})`, value: message.id }
      })
    const wanted = typed.trim().toLowerCase()
    return [...known, ...fresh]
      .filter(({ name }) => name.toLowerCase().includes(wanted))
      .slice(0, MAX_CHOICES)
      .map(({ name, value }) => ({ name: shortened(name, MAX_CHOICE_NAME), value }))
  }

  /** Opens the form for the pictures of a message, from its menu. */
  async openForMessage(use: MessageContextMenuCommandInteraction): Promise<void> {
    const pictures = picturesIn(use.targetMessage)
    if (pictures.length === 0) {
      throw new Said(({ errors }) => errors.noPictureInMessage)
    }
    const key = newKey()
    await this.#memory.forms.set(key, { pictures })
    await use.showModal(form(`m.${key}`, pictures.length, catalogueFor(use.locale)))
  }

  /** Opens the form for an answer, from its button. */
  async openForAnswer(use: ButtonInteraction, key: string): Promise<void> {
    const answer = await this.#known(placeOf(use), key)
    await use.showModal(form(key, answer.parts.length, catalogueFor(use.locale)))
  }

  /** A form was filled in. */
  async submitted(use: ModalSubmitInteraction, key: string): Promise<void> {
    const hidden = use.message?.flags.has(MessageFlags.Ephemeral) ?? false
    const question = use.fields.getTextInputValue('question').trim()
    const number = chosenNumber(use)
    await replying(use, hidden, async (acknowledge) => {
      const wish = { question, hidden, acknowledge }
      if (key.startsWith('m.')) {
        const kept = await this.#memory.forms.get(key.slice(2))
        const pictures = kept?.pictures.slice(number, number + 1) ?? []
        if (pictures.length === 0) {
          throw new Said(({ errors }) => errors.unknownConversation)
        }
        return this.#look(use, { pictures, ...wish })
      }
      const answer = await this.#known(placeOf(use), key)
      return this.#askAbout(use, { answer, part: number, ...wish })
    })
  }

  /** One of the suggested questions was pressed. */
  async pressed(use: ButtonInteraction, key: string, number: number): Promise<void> {
    const hidden = use.message.flags.has(MessageFlags.Ephemeral)
    await replying(use, hidden, async (acknowledge) => {
      const answer = await this.#known(placeOf(use), key)
      const suggestion = answer.suggestions[number]
      if (!suggestion) {
        throw new Said(({ errors }) => errors.unknownButton)
      }
      const { part, question } = suggestion
      await this.#askAbout(use, { answer, part, question, hidden, acknowledge })
    })
  }

  async #askAbout(
    use: ButtonInteraction | ModalSubmitInteraction,
    about: Wanted & { readonly answer: AnswerRecord; readonly part: number },
  ): Promise<void> {
    const part = about.answer.parts[about.part]
    if (!part) {
      throw new Said(({ errors }) => errors.unknownConversation)
    }
    const { talk, turn } = part
    const wish = { kind: 'ask', talk, turn, question: about.question, quoted: true } as const
    await this.#desk.fromInteraction(use, wish, about)
  }

  async #goOn(
    use: ChatInputCommandInteraction,
    about: Wanted & { readonly talk: Talk },
  ): Promise<void> {
    const { talk, question } = about
    const turn = lastTurn(talk, use.user.id)
    const wish = { kind: 'ask', talk: talk.id, turn, question, quoted: true } as const
    await this.#desk.fromInteraction(use, wish, about)
  }

  async #look(
    use: ChatInputCommandInteraction | ModalSubmitInteraction,
    about: Wanted & { readonly pictures: readonly FoundPicture[] },
  ): Promise<void> {
    const pictures = [...about.pictures]
    const { question } = about
    const wish = { kind: 'look', pictures, style: 'caption', question, quoted: true } as const
    await this.#desk.fromInteraction(use, wish, about)
  }

  async #known(place: Place, key: string): Promise<AnswerRecord> {
    const answer = await this.#memory.answer(place, key)
    if (!answer) {
      throw new Said(({ errors }) => errors.unknownConversation)
    }
    return answer
  }
}

/** How a picture talked about is named in a list. */
export function labelOf({ picture, descriptions, turns }: Talk): string {
  const about = picture.spoiler ? undefined : (descriptions.at(-1) ?? turns.at(-1)?.question)
  return about === undefined ? picture.name : `${picture.name}: ${about}`
}

/** The form of a question; with several pictures, also which one. */
function form(key: string, pictures: number, { modal }: Catalogue) {
  const numbers = Array.from({ length: pictures }, (_, i) => ({
    label: modal.numbered(i + 1),
    value: String(i),
    default: i === 0,
  }))
  const question = {
    type: ComponentType.TextInput,
    custom_id: 'question',
    style: TextInputStyle.Short,
    max_length: MAX_QUESTION,
    placeholder: modal.placeholder,
    required: true,
  } as const
  const choice = {
    type: ComponentType.StringSelect,
    custom_id: 'picture',
    options: numbers,
  } as const
  return {
    custom_id: customId(key, 'form'),
    title: modal.title,
    components: [
      ...(pictures > 1
        ? [{ type: ComponentType.Label, label: modal.picture, component: choice } as const]
        : []),
      { type: ComponentType.Label, label: modal.question, component: question } as const,
    ],
  }
}

function chosenNumber({ fields }: ModalSubmitInteraction): number {
  return fields.fields.has('picture') ? Number(fields.getStringSelectValues('picture')[0] ?? 0) : 0
}

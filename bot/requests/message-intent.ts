/**
 * Decides what a message asks of the bot: a mention, a reply, a direct message, or a picture in a
 * channel where the bot answers automatically.
 */

import { InputError } from '../../config/errors.ts'
import { setTimeout as wait } from 'node:timers/promises'
import { type Message, MessageType } from 'discord.js'
import type { GuildSettings } from '../../commands/guild-settings.ts'
import { currentConversation, lastTurn } from '../memory/conversation.ts'
import type { RequestIntake } from './submit.ts'
import type { GuildSettingsStore } from '../memory/guild-settings.ts'
import { picturesIn } from '../discord/message-pictures.ts'
import { localeOf } from './locale.ts'
import type { ConversationStore } from '../memory/conversation-store.ts'
import type { Place } from '../discord/place.ts'
import type { UserStore } from '../memory/user-store.ts'
import { newestPictures } from '../discord/picture-finder.ts'

/** Message types written by people; the others are system messages, such as a pin. */
const ASKING = new Set([MessageType.Default, MessageType.Reply])

/**
 * An answer is stored just after it is sent, so a quick reply can arrive before its record, above
 * all in a second process. Delays before the record is read again, in milliseconds.
 */
const RETRY_DELAYS_MS = [100, 300, 600, 1000] as const

type Deps = {
  readonly intake: RequestIntake
  readonly memory: ConversationStore
  readonly users: UserStore
  readonly settings: GuildSettingsStore
}

/** A message with its settings and locale. */
type IncomingMessage = {
  readonly message: Message
  readonly place: Place
  readonly settings: GuildSettings
  readonly locale: string
  /** What it says to the bot, without mentions of it. */
  readonly question: string
  /** Whether it is a direct message or mentions the bot. */
  readonly addressed: boolean
}

export class MessageRequests {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /**
   * Answers a message, if it asks for it.
   *
   * @param onLocale called with the language of the answer before anything is sent.
   */
  async onMessage(message: Message, onLocale: (locale: string) => void): Promise<void> {
    const { author, client, guildId, channelId } = message
    if (author.bot || message.webhookId !== null || !ASKING.has(message.type)) {
      return
    }
    const settings = await this.#deps.settings.of(guildId)
    const locale = await localeOf(message, settings, this.#deps.users)
    onLocale(locale)
    const mentioned = message.mentions.users.has(client.user.id)
    const incoming: IncomingMessage = {
      message,
      place: { guildId, channelId },
      settings,
      locale,
      question: withoutMention(message.content, client.user.id),
      addressed: mentioned || guildId === null,
    }
    if (!(await this.#answerReply(incoming))) {
      await (incoming.addressed
        ? this.#answerMention(incoming)
        : this.#answerAutomatically(incoming))
    }
  }

  /** A reply to an answer is the next question about its picture. @returns whether it was one. */
  async #answerReply(incoming: IncomingMessage): Promise<boolean> {
    const { message, place, question, locale } = incoming
    const repliedTo = message.reference?.messageId
    if (repliedTo === undefined || picturesIn(message).length > 0) {
      return false
    }
    const { intake } = this.#deps
    const answer = await this.#findAnswer(message, place, repliedTo)
    const part = answer?.parts[0]
    // Alt text is for everyone in the channel; a reply to it is not a question to the bot.
    if (!answer || !part || (answer.kind === 'alt' && !incoming.addressed)) {
      return false
    }
    if (question === '') {
      await this.#explainHowToAsk(incoming)
      return true
    }
    const { talk, turn } = part
    await intake.submitMessage(
      message,
      { kind: 'ask', talk, turn, question, quoted: false },
      locale,
    )
    return true
  }

  async #findAnswer({ mentions, client }: Message, place: Place, repliedTo: string) {
    const { memory } = this.#deps
    let answer = await memory.answerByMessage(place, repliedTo, null)
    if (mentions.repliedUser?.id === client.user.id) {
      for (const ms of RETRY_DELAYS_MS) {
        if (answer) {
          break
        }
        await wait(ms)
        answer = await memory.answerByMessage(place, repliedTo, null)
      }
    }
    return answer
  }

  /** Once for each person and channel: a server may hide the text of every reply. */
  async #explainHowToAsk({ message, place }: IncomingMessage): Promise<void> {
    const isFirstTime = await this.#deps.users.claimHint(place, message.author.id, message.id)
    if (isFirstTime) {
      const mayBeHidden = message.guildId !== null && message.content === ''
      throw new InputError(mayBeHidden ? 'reply/unreadable' : 'reply/empty')
    }
  }

  async #answerMention(incoming: IncomingMessage): Promise<void> {
    const { message, place, question, settings, locale } = incoming
    const { memory, intake } = this.#deps
    const input = { kind: 'look', style: settings.style, quoted: false } as const
    const pictures = picturesIn(message)
    const target =
      pictures.length === 0 && message.reference ? await fetchRepliedMessage(message) : null
    const targetPictures = target ? picturesIn(target) : pictures
    if (targetPictures.length > 0) {
      const asked = question === '' ? null : question
      await intake.submitMessage(
        message,
        { ...input, pictures: targetPictures, question: asked },
        locale,
      )
      return
    }
    if (target) {
      throw new InputError(
        target.author.id === message.client.user.id
          ? 'conversation/unknown'
          : 'image/none-in-message',
      )
    }
    // Everyone can read the answer to a message, so it is about what everyone may see.
    const conversation = currentConversation(await memory.channel(place, null), message.author.id)
    if (conversation && question !== '') {
      const turn = lastTurn(conversation, message.author.id)
      const followUp = {
        kind: 'ask',
        talk: conversation.id,
        turn,
        question,
        quoted: false,
      } as const
      await intake.submitMessage(message, followUp, locale)
      return
    }
    if (place.guildId === null) {
      throw new InputError('conversation/none')
    }
    const newest = await newestPictures(message.channel)
    const asked = question === '' ? null : question
    await intake.submitMessage(message, { ...input, pictures: newest, question: asked }, locale)
  }

  /** Describes pictures in the configured channels, unless their author opted out. */
  async #answerAutomatically({ message, settings, locale }: IncomingMessage): Promise<void> {
    const { users, intake } = this.#deps
    const describes = settings.answerChannels.includes(message.channelId)
    if (!describes && !settings.altTextChannels.includes(message.channelId)) {
      return
    }
    const pictures = picturesIn(message)
    const withoutAltText = pictures.filter(({ altText }) => !altText)
    const picturesToAnswer = describes ? pictures : withoutAltText
    if (picturesToAnswer.length === 0 || (await users.hasOptedOut(message.author.id))) {
      return
    }
    await intake.submitMessage(
      message,
      describes
        ? {
            kind: 'look',
            pictures: picturesToAnswer,
            style: settings.style,
            question: null,
            quoted: false,
          }
        : { kind: 'alt-text', pictures: picturesToAnswer },
      locale,
    )
  }
}

/** The message replied to; null if it was deleted or the bot cannot see it. */
async function fetchRepliedMessage(message: Message): Promise<Message | null> {
  return message.fetchReference().catch(() => null)
}

function withoutMention(content: string, botId: string): string {
  return content.replaceAll(new RegExp(`<@!?${botId}>`, 'g'), '').trim()
}

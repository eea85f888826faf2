/**
 * What a message asks of the bot: it mentions it, replies to it, is sent to it directly, or stands
 * in a channel where the bot looks by itself.
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

/** In these the bot can be asked; others are the platform's own, such as a pin. */
const ASKING = new Set([MessageType.Default, MessageType.Reply])

/**
 * An answer is written down just after it is shown, so a quick reply can come in between, most of
 * all to a second process. When its picture is looked for again, in milliseconds.
 */
const SECOND_LOOKS_MS = [100, 300, 600, 1000] as const

type Deps = {
  readonly intake: RequestIntake
  readonly memory: ConversationStore
  readonly users: UserStore
  readonly settings: GuildSettingsStore
}

/** A message and what is known of it. */
type IncomingMessage = {
  readonly message: Message
  readonly place: Place
  readonly settings: GuildSettings
  readonly locale: string
  /** What it says to the bot, without mentions of it. */
  readonly question: string
  /** Whether it speaks to the bot. */
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
   * @param known told the language of the answer, before anything is answered.
   */
  async onMessage(message: Message, known: (locale: string) => void): Promise<void> {
    const { author, client, guildId, channelId } = message
    if (author.bot || message.webhookId !== null || !ASKING.has(message.type)) {
      return
    }
    const settings = await this.#deps.settings.of(guildId)
    const locale = await localeOf(message, settings, this.#deps.users)
    known(locale)
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
      await (incoming.addressed ? this.#answerAddress(incoming) : this.#answerByItself(incoming))
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
    const answer = await this.#answerBehind(message, place, repliedTo)
    const part = answer?.parts[0]
    // An alt text is there for everybody; talking below it is not talking to the bot.
    if (!answer || !part || (answer.kind === 'alt' && !incoming.addressed)) {
      return false
    }
    if (question === '') {
      await this.#sayHowToAsk(incoming)
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

  async #answerBehind({ mentions, client }: Message, place: Place, repliedTo: string) {
    const { memory } = this.#deps
    let answer = await memory.answerByMessage(place, repliedTo, null)
    if (mentions.repliedUser?.id === client.user.id) {
      for (const ms of SECOND_LOOKS_MS) {
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
  async #sayHowToAsk({ message, place }: IncomingMessage): Promise<void> {
    const told = await this.#deps.users.claimHint(place, message.author.id, message.id)
    if (told) {
      const mayBeHidden = message.guildId !== null && message.content === ''
      throw new InputError(mayBeHidden ? 'reply/unreadable' : 'reply/empty')
    }
  }

  async #answerAddress(incoming: IncomingMessage): Promise<void> {
    const { message, place, question, settings, locale } = incoming
    const { memory, intake } = this.#deps
    const input = { kind: 'look', style: settings.style, quoted: false } as const
    const pictures = picturesIn(message)
    const target = pictures.length === 0 && message.reference ? await targetOf(message) : null
    const shown = target ? picturesIn(target) : pictures
    if (shown.length > 0) {
      const asked = question === '' ? null : question
      await intake.submitMessage(message, { ...input, pictures: shown, question: asked }, locale)
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
      const follow = { kind: 'ask', talk: conversation.id, turn, question, quoted: false } as const
      await intake.submitMessage(message, follow, locale)
      return
    }
    if (place.guildId === null) {
      throw new InputError('conversation/none')
    }
    const newest = await newestPictures(message.channel)
    const asked = question === '' ? null : question
    await intake.submitMessage(message, { ...input, pictures: newest, question: asked }, locale)
  }

  /** Looks at pictures where the server's managers want it, unless their author opted out. */
  async #answerByItself({ message, settings, locale }: IncomingMessage): Promise<void> {
    const { users, intake } = this.#deps
    const describes = settings.answerChannels.includes(message.channelId)
    if (!describes && !settings.altTextChannels.includes(message.channelId)) {
      return
    }
    const pictures = picturesIn(message)
    const bare = pictures.filter(({ altText }) => !altText)
    const wanted = describes ? pictures : bare
    if (wanted.length === 0 || (await users.hasOptedOut(message.author.id))) {
      return
    }
    await intake.submitMessage(
      message,
      describes
        ? { kind: 'look', pictures: wanted, style: settings.style, question: null, quoted: false }
        : { kind: 'alt-text', pictures: wanted },
      locale,
    )
  }
}

/** The message replied to; null if it is gone or not for the bot to see. */
async function targetOf(message: Message): Promise<Message | null> {
  return message.fetchReference().catch(() => null)
}

function withoutMention(content: string, botId: string): string {
  return content.replaceAll(new RegExp(`<@!?${botId}>`, 'g'), '').trim()
}

/**
 * Decides what a message asks of the bot: a mention, a reply to an answer, a direct message, or a
 * picture in a channel where the bot answers automatically (automatic-request.ts).
 *
 * A message that brings something of its own, or replies to something, is about that or gets a
 * sentence about it (bot/messages/message-subject.ts). Only a message that does neither is about the
 * picture that was talked about last, or a newer one.
 */

import { InputError } from '../../../config/errors.ts'
import { type Message, MessageType, type PartialMessage } from 'discord.js'
import { LRUCache } from 'lru-cache'
import type { AboutModel } from '../../../commands/command.ts'
import type { FoundPicture } from '../../../commands/picture.ts'
import { assertMayPointAtMessage, authorOf, pointable } from '../../discord/picture-access.ts'
import { replyTo } from '../../discord/reply.ts'
import { linkedMessage } from '../../discord/picture-finder.ts'
import type { ConversationStore } from '../../memory/conversation-store.ts'
import { nextQuestion } from '../../memory/conversation-reading.ts'
import type { GuildSettingsStore } from '../../memory/guild-settings.ts'
import type { UserStore } from '../../memory/user-store.ts'
import { mentionsBot, withoutMentions } from '../../messages/addressing.ts'
import { currentPicture, currentPictures } from '../../messages/current-picture.ts'
import type { LinkPreviews } from '../../messages/link-previews.ts'
import { OpenRequests } from '../../messages/open-requests.ts'
import { questionText } from '../../messages/question-text.ts'
import { type SmallTalk, smallTalkIn } from '../../messages/small-talk.ts'
import {
  askedSubjectOf,
  requirePictures,
  subjectOf,
  unreadableError,
} from '../../messages/message-subject.ts'
import { followUpTo } from '../../messages/follow-up.ts'
import { type RepliedMessage, repliedMessage } from '../../messages/replied-message.ts'
import { localeOf } from '../locale.ts'
import { smallTalkReply } from '../../messages/small-talk-reply.ts'
import type { RequestIntake } from '../submit.ts'
import { automaticRequest } from './automatic-request.ts'
import { explainHowToAsk, explainNotice } from './hints.ts'
import { findAnswer } from './stored-answer.ts'
import type { IncomingMessage } from './incoming-message.ts'

/** Message types written by people; the others are system messages, such as a pin. */
const ASKING = new Set([MessageType.Default, MessageType.Reply])

/** Messages that were answered, so that an edit does not ask the same again. */
const MAX_HEARD = 10_000
/** The reaction to a message that is not answered because too many of its author are. */
const BUSY = '⏳'

type Deps = {
  readonly intake: RequestIntake
  readonly memory: ConversationStore
  readonly users: UserStore
  readonly settings: GuildSettingsStore
  readonly previews: LinkPreviews
  readonly about: () => AboutModel
}

/** What is known about a message when an error ends its handling. */
export type Hearing = {
  /** The language of the answer. */
  readonly locale: string
  /** Whether the person asked the bot, and is told of errors. */
  readonly asked: boolean
  /** Called once the person has an answer or a sentence. */
  readonly settled: () => void
}

export class MessageRequests {
  readonly #deps: Deps
  readonly #open = new OpenRequests()
  readonly #heard = new LRUCache<string, true>({ max: MAX_HEARD })

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /**
   * Answers a message, if it asks for it.
   *
   * @param onHearing called with what is known, as soon as it is, and before anything is sent.
   */
  async onMessage(message: Message, onHearing: (known: Partial<Hearing>) => void): Promise<void> {
    const { author, guildId, channelId } = message
    if (author.bot || message.webhookId !== null || !ASKING.has(message.type)) {
      return
    }
    const addressed = guildId === null || mentionsBot(message)
    const replied = await repliedMessage(message, addressed)
    const asked = addressed || replied.kind === 'answer'
    onHearing({ asked })
    if (asked) {
      this.#heard.set(message.id, true)
    }
    const settings = await this.#deps.settings.of(guildId)
    const locale = await localeOf(message, settings, this.#deps.users)
    onHearing({ locale })
    const settled = this.#open.begin(author.id, asked)
    if (settled === null) {
      if (asked) {
        message.react(BUSY).catch(() => {}) // it was said in words before
      }
      return
    }
    onHearing({ settled })
    const incoming: IncomingMessage = {
      message,
      place: { guildId, channelId },
      settings,
      locale,
      question: questionText(withoutMentions(message), message),
      replied,
    }
    if (asked) {
      return this.#answer(incoming)
    }
    const request = await automaticRequest(incoming, this.#deps)
    if (request) {
      await this.#deps.intake.submitMessage(message, request, locale)
    }
  }

  /**
   * Answers a message that an edit addresses to the bot, once. Discord also sends updates for
   * previews and other changes, and for old messages; `before` tells those apart.
   */
  async onEdit(
    before: Message | PartialMessage,
    message: Message,
    onHearing: (known: Partial<Hearing>) => void,
  ): Promise<void> {
    const isNew = !before.partial && !this.#heard.has(message.id) && !mentionsBot(before)
    if (isNew && mentionsBot(message)) {
      await this.onMessage(message, onHearing)
    }
  }

  /** Answers a message that asks the bot. */
  async #answer(incoming: IncomingMessage): Promise<void> {
    const message = await this.#withPreviews(incoming.message)
    // A reply is about what it replies to, with emoji or without.
    const subject =
      incoming.replied.kind === 'none'
        ? askedSubjectOf(message, withoutMentions(message))
        : subjectOf(message)
    const talk = smallTalkIn(incoming.question)
    if (subject.kind === 'pictures') {
      await assertMayPointAtMessage(await authorOf(message), message)
      return this.#look(talk ? { ...incoming, question: '' } : incoming, subject.pictures)
    }
    // A link may only be part of what someone says in a reply.
    const hasLink = subject.kind === 'preview' || subject.kind === 'message-link'
    const isLink = hasLink || (subject.kind === 'unreadable' && subject.unreadable.what === 'link')
    if (subject.kind === 'unreadable' && !isLink) {
      throw unreadableError(subject.unreadable)
    }
    if (talk && !isLink && incoming.replied.kind !== 'notice') {
      return this.#answerSmallTalk(incoming, talk)
    }
    if (incoming.replied.kind !== 'none') {
      return this.#answerReply(incoming, incoming.replied)
    }
    if (subject.kind === 'message-link') {
      const linked = await linkedMessage(subject.link, await authorOf(message))
      return this.#look(incoming, requirePictures(await this.#withPreviews(linked)), true)
    }
    if (isLink) {
      throw unreadableError({ what: 'link' })
    }
    return this.#answerAboutCurrent(incoming)
  }

  /** A greeting in a reply to a picture is about the picture; elsewhere it gets one back. */
  async #answerSmallTalk(incoming: IncomingMessage, talk: SmallTalk): Promise<void> {
    const { message, place, question, locale, replied } = incoming
    if (replied.kind === 'other' && talk !== 'thanks') {
      const subject = subjectOf(await this.#withPreviews(replied.message))
      if (subject.kind === 'pictures') {
        return this.#look({ ...incoming, question: '' }, subject.pictures)
      }
    }
    if (place.guildId === null) {
      await explainNotice(message)
    }
    const content = smallTalkReply(talk, {
      question,
      locale,
      about: this.#deps.about(),
      isDirect: place.guildId === null,
    })
    await replyTo(message).finish({ content })
  }

  /** A reply is about what it replies to; a reply to an answer is the next question. */
  async #answerReply(
    incoming: IncomingMessage,
    replied: Exclude<RepliedMessage, { kind: 'none' }>,
  ): Promise<void> {
    if (replied.kind === 'gone') {
      throw new InputError('reply/gone')
    }
    if (replied.kind === 'notice') {
      throw new InputError('reply/notice')
    }
    if (replied.kind === 'answer' || replied.kind === 'alt-text') {
      const { message, place, question, locale } = incoming
      const answer = await findAnswer(this.#deps.memory, place, replied.message.id)
      if (answer && question === '') {
        return explainHowToAsk(this.#deps.users, incoming)
      }
      const followUp = answer && followUpTo(answer, question)
      if (followUp) {
        return this.#deps.intake.submitMessage(message, followUp, locale)
      }
      throw new InputError('conversation/unknown')
    }
    await assertMayPointAtMessage(await authorOf(incoming.message), replied.message)
    return this.#look(incoming, requirePictures(await this.#withPreviews(replied.message)))
  }

  /** A message that shows nothing and replies to nothing. */
  async #answerAboutCurrent(incoming: IncomingMessage): Promise<void> {
    const { message, place, question, locale } = incoming
    const { memory, intake } = this.#deps
    if (place.guildId === null) {
      await explainNotice(message)
    }
    const viewer = await authorOf(message)
    if (question === '') {
      return this.#look(incoming, await currentPictures(message.channel, viewer, memory), true)
    }
    // Everyone can read the answer to a message, so it is about what everyone may see.
    const record = await pointable(viewer, await memory.channel(place, null))
    const current = await currentPicture(record, viewer, message.channel, memory)
    if (current.kind === 'pictures') {
      return this.#look(incoming, current.pictures, true)
    }
    if (current.kind === 'none') {
      throw new InputError(place.guildId === null ? 'image/none-sent' : 'image/none-here')
    }
    const { conversation, isNewest } = current
    // In direct messages, a question is about the newest picture unless the answer says otherwise.
    const named = place.guildId !== null || !isNewest
    const next = nextQuestion(conversation, message.author.id)
    const followUp = { kind: 'ask', ...next, question, named } as const
    await intake.submitMessage(message, { ...followUp, quoted: false }, locale)
  }

  /**
   * Describes pictures or answers the question about each.
   *
   * @param isChosen whether the bot chose the pictures, and says so.
   */
  #look(
    { message, place, settings, question, locale }: IncomingMessage,
    pictures: readonly FoundPicture[],
    isChosen = false,
  ): Promise<void> {
    const input = {
      kind: 'look' as const,
      pictures: [...pictures],
      style: settings.style,
      question: question === '' ? null : question,
      quoted: false,
      named: isChosen && place.guildId !== null,
    }
    return this.#deps.intake.submitMessage(message, input, locale)
  }

  /** The message once its links have their previews; the channel shows typing meanwhile. */
  #withPreviews(message: Message): Promise<Message> {
    const { channel } = message
    return this.#deps.previews.settled(message, () => {
      if (channel.isSendable()) {
        channel.sendTyping().catch(() => {}) // the answer will report it
      }
    })
  }
}

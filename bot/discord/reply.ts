/**
 * Delivers an answer: as an interaction's deferred response or as a reply.
 *
 * Works from an address alone, so an answer still arrives after a restart. Progress is shown only
 * after a while, and at most every two seconds. An answer that grows is shown once the person has waited
 * that long in all, and at most every 1.25 seconds.
 */

import { type Client, type Message, type RawFile, type REST, Routes } from 'discord.js'
import { z } from 'zod'
import type { Job } from '../jobs/job-record.ts'
import { errorCode, ERROR_CODES } from './api-errors.ts'
import { earlierReply, type EarlierReply } from './posted-reply.ts'
import { type Retries, withRetries } from '../operations/retries.ts'
import type { Typing } from '../messages/typing.ts'

const PROGRESS_INTERVAL_MS = 2_000
/** Discord takes five edits in five seconds: four of an answer that grows, and the one that ends it. */
const GROWTH_INTERVAL_MS = 1_250
/** How long a reply without a job is retried when Discord does not answer. */
const REPLY_LIMIT_MS = 60_000

/** A message as the API takes it. */
export type Body = {
  readonly content: string
  readonly components?: readonly object[]
  readonly flags?: number
}

/** A file to post, with its alternative text. */
export type PostedFile = {
  readonly name: string
  readonly bytes: Uint8Array
  readonly description: string
}

/** The fields that are read of a message that Discord returns. */
const sentSchema = z.object({
  id: z.string(),
  content: z.string(),
  attachments: z.array(z.object({ id: z.string(), url: z.string(), size: z.number() })).default([]),
})
export type SentMessage = z.infer<typeof sentSchema>

type Address = Job['answer']
type MessageAddress = Extract<Address, { to: 'message' }>

const NO_MENTIONS = { parse: [], replied_user: false }

export type DeliveryOptions = {
  /** Of a reply, so that it is never posted twice. */
  readonly nonce: string
  /** The reply that an earlier process posted, if one is known. */
  readonly reply?: string | null
  /** Recognizes a reply that an earlier process may have posted, where none is known. */
  readonly earlier?: EarlierReply | undefined
  /** Called with the id of a reply that was posted. */
  readonly posted?: (id: string) => Promise<void>
  /** How long and until when the answer is retried after errors of the way. */
  readonly retries: Retries
  /** Shows typing in the channel of a message. */
  readonly typing?: Typing | undefined
  /** Whether a reply that is there stays: another process has posted it, and may have answered. */
  readonly keepsPosted?: boolean
  /** Milliseconds before the first progress, between two, and before a growing answer. Default 2,000. */
  readonly paceMs?: number
}

export class Delivery {
  readonly #rest: REST
  readonly #address: Address
  readonly #options: DeliveryOptions
  readonly #paceMs: number
  readonly #begunAt = Date.now()
  #shownAt = -Infinity
  #shownText = ''
  #nextText = ''
  #timer: NodeJS.Timeout | undefined
  #isGrowing = false
  #isSending = false
  #stopTyping = () => {}
  #sending: Promise<unknown> = Promise.resolve()
  #answerId: string | null
  /** Whether an earlier process may have posted a reply that is not known. */
  #mayBePosted: boolean
  /** Whether the last attempt to show the answer succeeded. */
  #answered: Promise<boolean> = Promise.resolve(false)
  #ended = false
  #muted = false

  constructor(rest: REST, address: Address, options: DeliveryOptions) {
    this.#rest = rest
    this.#address = address
    this.#options = options
    this.#paceMs = options.paceMs ?? PROGRESS_INTERVAL_MS
    this.#answerId = options.reply ?? null
    this.#mayBePosted = options.earlier !== undefined && this.#answerId === null
  }

  /** Whether the answer is a message of its own, for which the bot needs permission. */
  get isReply(): boolean {
    return this.#address.to === 'message'
  }

  /** Shows typing in the channel; an interaction shows "thinking" by itself. Nothing waits for it. */
  start(): void {
    if (this.#address.to === 'message') {
      this.#stopTyping = this.#options.typing?.show(this.#address.channelId) ?? this.#stopTyping
    }
  }

  /** Shows no progress: the present answer stays until the next one replaces it. */
  mute(): void {
    this.#muted = true
  }

  /** Shows progress after a while; a later sentence replaces one that is not shown yet. */
  progress(sentence: string): void {
    if (this.#ended || this.#muted || sentence === this.#nextText) {
      return
    }
    this.#nextText = sentence
    this.#timer ??= setTimeout(() => this.#show(), this.#firstMs()).unref()
  }

  /** Shows what there is of the answer, in place of progress; a later text replaces an earlier one. */
  grow(content: string): void {
    if (!this.#isGrowing) {
      this.#isGrowing = true
      // Progress that is not shown yet, or a pause after some, has another pace.
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
    this.progress(content)
  }

  /**
   * Shows the answer in place of progress and of an earlier answer.
   *
   * @returns the id of the message it is.
   */
  async finish(body: Body): Promise<string> {
    const message = await this.finishWith(body, [])
    return message.id
  }

  /**
   * Shows the answer with its files. Retried after errors of the way.
   */
  async finishWith(body: Body, files: readonly PostedFile[]): Promise<SentMessage> {
    const sent = this.stop().then(() =>
      withRetries(() => this.#send(body, files), this.#options.retries),
    )
    this.#answered = sent.then(
      () => true,
      () => false,
    )
    return sent
  }

  /** Shows why there is no answer, unless the answer is shown or is just arriving. */
  async fail(sentence: string): Promise<void> {
    if (!(await this.#answered)) {
      await this.finish({ content: sentence })
    }
  }

  /** Changes the finished answer. */
  async revise(body: Body): Promise<void> {
    await this.#send(body)
  }

  /** Deletes the progress that a reply shows: there will be no answer in its place. */
  async withdraw(): Promise<void> {
    await this.stop()
    const address = this.#address
    if (address.to === 'message') {
      await this.#findPosted(address)
      if (this.#answerId !== null) {
        await this.#rest.delete(Routes.channelMessage(address.channelId, this.#answerId))
      }
    }
  }

  /** Stops showing progress, and waits for requests in flight. */
  async stop(): Promise<void> {
    this.#ended = true
    clearTimeout(this.#timer)
    this.#stopTyping()
    await this.#sending
  }

  /** How long what comes first, or after a pause, waits for something newer or for the whole answer. */
  #firstMs(): number {
    if (!this.#isGrowing) {
      return this.#paceMs
    }
    // Nobody should wait for a text that is there: only an answer that comes soon is shown whole.
    const at = Math.max(this.#begunAt + this.#paceMs, this.#shownAt + GROWTH_INTERVAL_MS)
    // A clock that is set back must not make it longer.
    return Math.min(this.#paceMs, Math.max(0, at - Date.now()))
  }

  #show(): void {
    this.#timer = undefined
    if (this.#ended || this.#nextText === this.#shownText) {
      return
    }
    if (this.#isSending) {
      this.#showLater() // edits that overtake each other would show less than there is
      return
    }
    this.#shownText = this.#nextText
    this.#shownAt = Date.now()
    this.#isSending = true
    this.#sending = this.#send({ content: this.#nextText })
      .catch(() => {}) // the answer will report it
      .finally(() => {
        this.#isSending = false
      })
    this.#showLater()
  }

  #showLater(): void {
    const ms = this.#isGrowing ? Math.min(this.#paceMs, GROWTH_INTERVAL_MS) : this.#paceMs
    this.#timer = setTimeout(() => this.#show(), ms).unref()
  }

  async #send(body: Body, files: readonly PostedFile[] = []): Promise<SentMessage> {
    const address = this.#address
    const full = { ...body, components: body.components ?? [], allowed_mentions: NO_MENTIONS }
    if (address.to === 'interaction') {
      const route = Routes.webhookMessage(address.applicationId, address.token, '@original')
      const whole = { ...withFiles(full, files), auth: false }
      const sent = await this.#rest.patch(route, whole).catch((error: unknown) => {
        if (errorCode(error) !== ERROR_CODES.tooManyOldEdits) {
          throw error
        }
        return this.#rest.post(Routes.webhook(address.applicationId, address.token), whole)
      })
      return sentSchema.parse(sent)
    }
    await this.#findPosted(address)
    const sent = await (this.#answerId === null
      ? this.#post(address, full, files)
      : this.#edit(address, this.#answerId, full, files))
    if (sent.id !== this.#answerId) {
      this.#answerId = sent.id
      await this.#options.posted?.(sent.id)
    }
    return sent
  }

  /** Looks once for what an earlier process posted; without the right to read, there is nothing. */
  async #findPosted(address: MessageAddress): Promise<void> {
    const { earlier } = this.#options
    if (!this.#mayBePosted || earlier === undefined) {
      return
    }
    this.#answerId = await earlierReply(this.#rest, address, earlier).catch((error: unknown) => {
      if (errorCode(error) === undefined) {
        throw error
      }
      return null
    })
    this.#mayBePosted = false
    if (this.#answerId !== null) {
      await this.#options.posted?.(this.#answerId)
    }
  }

  async #edit(address: MessageAddress, id: string, body: Body, files: readonly PostedFile[]) {
    const whole = withFiles(body, files)
    try {
      const route = Routes.channelMessage(address.channelId, id)
      return sentSchema.parse(await this.#rest.patch(route, whole))
    } catch (error) {
      if (errorCode(error) !== ERROR_CODES.tooManyOldEdits) {
        throw error
      }
      return sentSchema.parse(
        await this.#rest.post(Routes.channelMessages(address.channelId), whole),
      )
    }
  }

  async #post(address: MessageAddress, body: Body, files: readonly PostedFile[]) {
    const route = Routes.channelMessages(address.channelId)
    const reference = { message_id: address.messageId, fail_if_not_exists: true }
    const once = { ...body, nonce: this.#options.nonce, enforce_nonce: true }
    const response = await this.#rest
      .post(route, withFiles({ ...once, message_reference: reference }, files))
      .catch((error: unknown) => {
        if (errorCode(error) !== ERROR_CODES.noReplyWithoutHistory) {
          throw error
        }
        return this.#rest.post(route, withFiles(once, files))
      })
    const message = sentSchema.parse(response)
    // A message with that nonce exists: another process posted it.
    return message.content === body.content || this.#options.keepsPosted === true
      ? message
      : this.#edit(address, message.id, body, files)
  }
}

/**
 * A reply that no job stands for. It is posted once, and not if the message was deleted or has a reply:
 * of two processes that run side by side, the other one answers it.
 */
export function replyTo({
  id,
  channelId,
  client,
}: Pick<Message, 'id' | 'channelId'> & { readonly client: Pick<Client, 'rest'> }): Delivery {
  const retries = { until: Date.now() + REPLY_LIMIT_MS }
  const address = { to: 'message', channelId, messageId: id } as const
  return new Delivery(client.rest, address, { nonce: id, retries, keepsPosted: true })
}

/** A request with its files. The list of attachments replaces the one that a message has already. */
function withFiles(body: object, files: readonly PostedFile[]) {
  if (files.length === 0) {
    return { body }
  }
  const attachments = files.map(({ description }, id) => ({ id, description }))
  const raw: RawFile[] = files.map(({ name, bytes }) => ({ name, data: Buffer.from(bytes) }))
  return { body: { ...body, attachments }, files: raw }
}

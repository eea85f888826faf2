/** Streams a chat as server-sent events: `data: {…}` for each piece, `data: [DONE]` at the end. */

import type { SSEStreamingApi } from 'hono/streaming'
import type { ChosenLogprob, Step } from '../../../inference/contract/types.ts'
import { apiErrorOf } from '../api-error.ts'
import type { Choice, OnStep } from './answers.ts'
import { chunk, type Head, usageChunk } from './chat-objects.ts'

/** Milliseconds of silence after which a comment is sent, so that nothing between takes it for dead. */
const PING_MS = 15_000

type Stream = Pick<SSEStreamingApi, 'write' | 'writeSSE'>

type About = {
  readonly head: Head
  readonly count: number
  /** Whether a last piece tells the usage. */
  readonly usage: boolean
  readonly onError: (error: unknown) => void
  readonly pingMs?: number
}

/** @param answer makes the choices, and tells of their steps. */
export async function streamChat(
  stream: Stream,
  { head, count, usage, onError, pingMs = PING_MS }: About,
  answer: (onStep: OnStep) => Promise<readonly Choice[]>,
): Promise<void> {
  const outbox = new Outbox(stream, pingMs)
  const texts = Array.from({ length: count }, () => new GrowingText())
  for (let i = 0; i < count; i++) {
    outbox.send(chunk(head, i, { delta: { role: 'assistant', content: '' } }))
  }
  try {
    const choices = await answer((i, step) => {
      const { content, logprobs } = texts[i]!.grow(step)
      if (content !== '') {
        outbox.send(chunk(head, i, { delta: { content }, ...(logprobs && { logprobs }) }))
      }
    })
    for (const [i, choice] of choices.entries()) {
      const rest = texts[i]!.rest(choice)
      const delta = {
        ...(rest.content !== '' && { content: rest.content }),
        ...(choice.refusal !== null && { refusal: choice.refusal }),
      }
      if (Object.keys(delta).length > 0) {
        const { logprobs } = rest
        outbox.send(chunk(head, i, { delta, ...(logprobs && { logprobs }) }))
      }
      const { finish, judgment } = choice
      outbox.send(chunk(head, i, { delta: {}, finish, judgment }))
    }
    if (usage) {
      outbox.send(usageChunk(head, choices))
    }
  } catch (error) {
    onError(error)
    outbox.send(apiErrorOf(error).body) // the status was sent already
  }
  await outbox.end()
}

/** A text of which a client has a part. */
class GrowingText {
  #sent = ''
  /** Tokens whose text was held back so far. */
  #held: ChosenLogprob[] = []

  grow({ text, logprob }: Step) {
    if (logprob) {
      this.#held.push(logprob)
    }
    return this.#take(text)
  }

  rest({ text, logprobs }: Choice) {
    if (this.#sent === '' && logprobs) {
      this.#held = [...logprobs]
    }
    return this.#take(text)
  }

  #take(text: string) {
    // A space at the end may be cut off again; what follows shows it.
    const whole = text.startsWith(this.#sent) ? text : this.#sent
    const content = whole.slice(this.#sent.length)
    this.#sent = whole
    const logprobs = content === '' || this.#held.length === 0 ? undefined : this.#held
    if (logprobs) {
      this.#held = []
    }
    return { content, logprobs }
  }
}

/** Writes events in order, and pings where there are none. */
class Outbox {
  readonly #stream: Stream
  readonly #ping: NodeJS.Timeout
  #writing: Promise<unknown> = Promise.resolve()

  constructor(stream: Stream, pingMs: number) {
    this.#stream = stream
    this.#ping = setInterval(() => this.#write(() => stream.write(': ping\n\n')), pingMs)
  }

  send(data: object): void {
    this.#ping.refresh()
    this.#write(() => this.#stream.writeSSE({ data: JSON.stringify(data) }))
  }

  async end(): Promise<void> {
    clearInterval(this.#ping)
    this.#write(() => this.#stream.writeSSE({ data: '[DONE]' }))
    await this.#writing
  }

  #write(write: () => Promise<unknown>): void {
    this.#writing = this.#writing.then(write).catch(() => {}) // the client went away
  }
}

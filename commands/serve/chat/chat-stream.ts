/** Streams a chat as server-sent events: `data: {…}` for each piece, `data: [DONE]` at the end. */

import type { ChosenLogprob, Step } from '../../../inference/contract/types.ts'
import { apiErrorOf } from '../api-error.ts'
import { type EventStream, Outbox } from '../outbox.ts'
import type { Choice, OnStep } from './answers.ts'
import { chunk, type Head, usageChunk } from './chat-objects.ts'

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
  stream: EventStream,
  { head, count, usage, onError, pingMs }: About,
  answer: (onStep: OnStep) => Promise<readonly Choice[]>,
): Promise<void> {
  const outbox = new Outbox(stream, pingMs)
  const send = (data: object) => outbox.send(JSON.stringify(data))
  const texts = Array.from({ length: count }, () => new GrowingText())
  for (let i = 0; i < count; i++) {
    send(chunk(head, i, { delta: { role: 'assistant', content: '' } }))
  }
  try {
    const choices = await answer((i, step) => {
      const { content, logprobs } = texts[i]!.grow(step)
      if (content !== '') {
        send(chunk(head, i, { delta: { content }, ...(logprobs && { logprobs }) }))
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
        send(chunk(head, i, { delta, ...(logprobs && { logprobs }) }))
      }
      const { finish, judgment } = choice
      send(chunk(head, i, { delta: {}, finish, judgment }))
    }
    if (usage) {
      send(usageChunk(head, choices))
    }
  } catch (error) {
    onError(error)
    send(apiErrorOf(error).body) // the status was sent already
  }
  await outbox.end('[DONE]')
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

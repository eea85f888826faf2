/** Asks a server with OpenAI's chat completions for a text, as a stream. */

import { z } from 'zod'
import type { Answer, GenerationOptions, Step } from '../../../contract/types.ts'
import type { Prompt } from '../../../text/prompt.ts'
import { chatMessages, chatOptions } from './chat-messages.ts'
import { eventsOf } from '../events.ts'
import { HostError } from '../host-error.ts'
import type { HttpClient } from '../http.ts'
import type { Host } from '../hosts.ts'

/** What a server of any make offers. */
export type ChatOffer = {
  /** Name of its model. */
  readonly model: string
  /**
   * How it tells how likely answers are: by the probabilities of tokens, or only by the answer that it
   * gives.
   */
  readonly scoring: 'logprobs' | 'answer'
}

/** Longest answer where the request says nothing, in tokens. */
export const CHAT_TOKENS = { describe: 120, ask: 300, raw: 300 } as const

/** Characters of an answer after which the host is taken for broken. */
const MAX_ANSWER = 200_000

const count = z.int().nonnegative().catch(0)

/** Every field may be missing: servers differ, and some send chunks of their own. */
const chunkSchema = z.object({
  choices: z
    .array(
      z.object({
        delta: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }).nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage: z.object({ prompt_tokens: count, completion_tokens: count }).nullish(),
  error: z.unknown().optional(),
})

type Asked = {
  readonly prompt: Prompt
  readonly options: GenerationOptions
  /** As data URIs. */
  readonly pictures: readonly string[]
  readonly onStep?: ((step: Step) => void) | undefined
}

/**
 * @throws {HostError} if the host fails.
 * @throws the signal's reason once it is aborted.
 */
export async function askChat(
  { address, offer }: Host<ChatOffer>,
  { client, silenceMs }: { readonly client: HttpClient; readonly silenceMs: number },
  { prompt, options, pictures, onStep }: Asked,
  signal: AbortSignal,
): Promise<Answer> {
  const { base } = address
  const start = performance.now()
  const body = JSON.stringify({
    model: offer.model,
    messages: chatMessages(prompt, pictures),
    stream: true,
    stream_options: { include_usage: true },
    ...chatOptions(options, CHAT_TOKENS[prompt.kind]),
  })
  const sending = { method: 'POST', path: '/chat/completions', body, signal, silenceMs } as const
  const answer = await client.send(address, sending)
  const growing = new GrowingAnswer(base, onStep)
  try {
    for await (const data of eventsOf(base, answer, signal)) {
      if (data === '[DONE]') {
        break
      }
      growing.take(data)
    }
    return growing.finish(start)
  } catch (error) {
    throw growing.hasBegun && error instanceof HostError
      ? new HostError('cut', error.message, { cause: error })
      : error
  }
}

/** An answer of which a part has come. */
class GrowingAnswer {
  readonly #base: string
  readonly #onStep: ((step: Step) => void) | undefined
  #text = ''
  #finish: string | null = null
  #tokens = 0
  #promptTokens = 0
  #firstAt: number | null = null

  constructor(base: string, onStep: ((step: Step) => void) | undefined) {
    this.#base = base
    this.#onStep = onStep
  }

  get hasBegun(): boolean {
    return this.#firstAt !== null
  }

  take(data: string): void {
    const { choices, usage, error } = this.#chunkOf(data)
    if (error !== undefined && error !== null) {
      throw new HostError('unreachable', `${this.#base} sent an error: ${messageOf(error)}`)
    }
    this.#promptTokens = usage?.prompt_tokens ?? this.#promptTokens
    this.#tokens = usage?.completion_tokens ?? this.#tokens
    const [choice] = choices ?? []
    this.#finish = choice?.finish_reason ?? this.#finish
    const added = `${choice?.delta?.content ?? ''}${choice?.delta?.refusal ?? ''}`
    if (added !== '') {
      this.#firstAt ??= performance.now()
      this.#text += added
      if (this.#text.length > MAX_ANSWER) {
        throw new HostError('unreachable', `${this.#base} sends an answer that is too long`)
      }
      this.#onStep?.({ tokenId: 0, text: this.#text.trim() })
    }
  }

  finish(start: number): Answer {
    if (this.#finish === null) {
      throw new HostError('unreachable', `${this.#base} ended in the middle of its answer`)
    }
    const end = performance.now()
    const firstAt = this.#firstAt ?? end
    return {
      text: this.#text.trim(),
      tokenIds: [],
      finish: this.#finish === 'length' ? 'length' : 'stop',
      reused: 0,
      promptTokens: this.#promptTokens,
      judgment: { distance: null, confidence: null, verdict: 'inside' },
      timings: {
        preprocessMs: 0,
        visionMs: 0,
        bridgeMs: 0,
        prefillMs: firstAt - start,
        decodeMs: end - firstAt,
        tokens: this.#tokens,
      },
    }
  }

  #chunkOf(data: string): z.infer<typeof chunkSchema> {
    try {
      return chunkSchema.parse(JSON.parse(data))
    } catch (cause) {
      throw new HostError('unreachable', `${this.#base} sent an event that is none`, { cause })
    }
  }
}

const MAX_MESSAGE = 200

function messageOf(error: unknown): string {
  const { data } = z.object({ message: z.string() }).safeParse(error)
  return (data?.message ?? 'without a message').slice(0, MAX_MESSAGE)
}

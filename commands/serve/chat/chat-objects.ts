/** The objects of OpenAI's API: `chat.completion` and `chat.completion.chunk`. */

import type { ChosenLogprob, TokenLogprob } from '../../../inference/contract/types.ts'
import type { Choice } from './answers.ts'

export type Head = {
  readonly id: string
  /** Seconds since 1970. */
  readonly created: number
  readonly model: string
}

const decoder = new TextDecoder()

function tokenOf({ bytes, logprob }: TokenLogprob) {
  return { token: decoder.decode(Uint8Array.from(bytes ?? [])), logprob, bytes }
}

function logprobsOf(tokens: readonly ChosenLogprob[] | undefined) {
  return tokens === undefined
    ? null
    : {
        content: tokens.map((token) => ({
          ...tokenOf(token),
          top_logprobs: token.top.map(tokenOf),
        })),
        refusal: null,
      }
}

export function usageOf(choices: readonly Choice[]) {
  const prompt = choices[0]?.promptTokens ?? 0
  const completion = choices.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0)
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
  }
}

/** `judgment` is ours: whether the model knows such pictures, and how sure it was. */
export function completion({ id, created, model }: Head, choices: readonly Choice[]) {
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: choices.map(({ text, refusal, finish, logprobs, judgment }, index) => ({
      index,
      message: { role: 'assistant', content: text, refusal },
      logprobs: logprobsOf(logprobs),
      finish_reason: finish,
      judgment,
    })),
    usage: usageOf(choices),
  }
}

type Delta = { readonly role?: 'assistant'; readonly content?: string; readonly refusal?: string }

type Piece = {
  readonly delta: Delta
  readonly logprobs?: readonly ChosenLogprob[]
  readonly finish?: Choice['finish']
  readonly judgment?: Choice['judgment']
}

export function chunk({ id, created, model }: Head, index: number, piece: Piece) {
  const { delta, logprobs, finish = null, judgment } = piece
  const choice = { index, delta, logprobs: logprobsOf(logprobs), finish_reason: finish }
  return {
    id,
    object: 'chat.completion.chunk',
    created,
    model,
    choices: [{ ...choice, ...(judgment && { judgment }) }],
  }
}

/** The last chunk of a stream that asked for it. */
export function usageChunk({ id, created, model }: Head, choices: readonly Choice[]) {
  return {
    id,
    object: 'chat.completion.chunk',
    created,
    model,
    choices: [],
    usage: usageOf(choices),
  }
}

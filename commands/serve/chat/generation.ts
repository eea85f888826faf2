/** How the answer of a chat is generated: OpenAI's fields as options of the model. */

import type { GenerationOptions } from '../../../inference/contract/types.ts'
import { ApiError } from '../api-error.ts'
import type { ChatRequest } from '../schemas.ts'

/** Seeds of the engine are whole numbers below this. */
const SEEDS = 2 ** 32

/**
 * The options of one choice. Without a field that asks for sampling the model's card chooses the
 * search, which draws nothing at random: OpenAI's default temperature of 1 does not apply.
 *
 * @param choice its number, which changes the seed.
 * @throws {ApiError} if fields contradict each other.
 */
export function generationOf(request: ChatRequest, choice: number): GenerationOptions {
  const { stop, seed, repetition_penalty: penalty } = request
  const longest = request.max_completion_tokens ?? request.max_tokens
  return {
    ...searchOf(request),
    ...(longest != null && { maxNewTokens: longest }),
    ...(seed != null && { seed: (((seed + choice) % SEEDS) + SEEDS) % SEEDS }),
    ...(stop != null && { stopStrings: typeof stop === 'string' ? [stop] : stop }),
    ...(penalty != null && { repetitionPenalty: penalty }),
  }
}

function searchOf(request: ChatRequest): GenerationOptions {
  const { temperature, top_p: topP, top_k: topK } = request
  const logprobs = logprobsOf(request)
  const told = logprobs === null ? {} : { beams: 1, logprobs }
  const samples = temperature == null ? topP != null || topK != null : temperature > 0
  if (!samples) {
    return temperature === 0 ? { beams: 1, ...told } : told
  }
  return {
    ...told,
    sample: true,
    beams: 1,
    topK: Math.max(0, topK ?? 0),
    ...(temperature != null && { temperature }),
    ...(topP != null && { topP }),
  }
}

/** How many of the likeliest tokens are told beside each; null: no probabilities are wanted. */
function logprobsOf({ logprobs, top_logprobs: top }: ChatRequest): number | null {
  if (logprobs === true) {
    return top ?? 0
  }
  if (top != null && top > 0) {
    throw new ApiError('top_logprobs needs logprobs: true.', {
      code: 'invalid_value',
      param: 'top_logprobs',
    })
  }
  return null
}

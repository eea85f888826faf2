/**
 * What requests and answers of the HTTP API look like. Requests of OpenAI's API have more fields; those
 * that would change the answer and are not supported are refused, others are ignored.
 *
 * Source: OpenAI's API reference, "Create chat completion"; vLLM, docs/serving/openai_compatible_server.md,
 * for `top_k` and `repetition_penalty`.
 */

import { z } from 'zod'
import { DETAILS } from '../../inference/image/tiles.ts'

const MAX_MESSAGES = 200
const MAX_TEXT = 32_768
const MAX_STOPS = 4
const MAX_ANSWERS = 64
/** Choices of one request: each is a request of its own to the engine. */
const MAX_CHOICES = 8
const MAX_TOP_LOGPROBS = 20
const MAX_TEMPERATURE = 2

const text = z.string().max(MAX_TEXT)
const address = z.string().min(1)

const textPart = z.object({ type: z.literal('text'), text })
const imagePart = z.object({
  type: z.literal('image_url'),
  /** An object as OpenAI has it, or the bare address as Ollama takes it. */
  image_url: z.union([z.object({ url: address, detail: z.enum(DETAILS).nullish() }), address]),
})
const part = z.discriminatedUnion('type', [textPart, imagePart], {
  error: 'a part is a text or an image_url; this server takes no others',
})

const userMessage = z.object({
  role: z.literal('user'),
  content: z.union([text, z.array(part).min(1)]),
})
const assistantMessage = z.object({
  role: z.literal('assistant'),
  content: z.union([text, z.array(textPart).min(1)]).nullish(),
})
const systemMessage = z.object({
  role: z.enum(['system', 'developer']),
  content: z.union([text, z.array(textPart)]),
})
export const messageSchema = z.discriminatedUnion(
  'role',
  [userMessage, assistantMessage, systemMessage],
  { error: 'a role is user or assistant; this server takes no others' },
)
export type Message = z.infer<typeof messageSchema>

/** A field that must be absent, or have the value that changes nothing. */
function neutral<T extends z.ZodType>(value: T, what: string) {
  return value.nullish().describe(`Not supported but in the value that changes nothing: ${what}.`)
}
const none = (error: string) => z.union([z.literal(0), z.literal(0.0)], { error })
const UNSUPPORTED = 'is not supported by this server'

export const chatRequestSchema = z.object({
  model: z.string().describe('One of /v1/models.'),
  messages: z.array(messageSchema).min(1).max(MAX_MESSAGES),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: z.int().positive().nullish(),
  max_completion_tokens: z.int().positive().nullish(),
  temperature: z.number().min(0).max(MAX_TEMPERATURE).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  top_k: z.int().min(-1).nullish().describe('-1 and 0: all.'),
  repetition_penalty: z.number().positive().nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).max(MAX_STOPS)]).nullish(),
  n: z.int().min(1).max(MAX_CHOICES).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(MAX_TOP_LOGPROBS).nullish(),
  user: z.string().max(MAX_TEXT).nullish().describe('Users of a key take turns.'),
  frequency_penalty: neutral(none(UNSUPPORTED), '0'),
  presence_penalty: neutral(none(UNSUPPORTED), '0'),
  logit_bias: neutral(z.strictObject({}, { error: UNSUPPORTED }), '{}'),
  tools: neutral(z.array(z.unknown()).max(0, { error: UNSUPPORTED }), '[]'),
  response_format: neutral(
    z.object({ type: z.literal('text', { error: UNSUPPORTED }) }),
    '{"type": "text"}',
  ),
})
export type ChatRequest = z.infer<typeof chatRequestSchema>

const picture = address.describe('The picture as a data URI: data:image/png;base64,…')
const model = z.string().nullish().describe('One of /v1/models. Default: the one that is open.')

export const scoreRequestSchema = z.object({
  model,
  image: picture,
  prompt: text.describe('The exact text that the answers stand behind.'),
  answers: z.array(text.min(1)).min(1).max(MAX_ANSWERS),
})
export const matchRequestSchema = z.object({
  model,
  image: picture,
  texts: z.array(text.min(1)).min(1).max(MAX_ANSWERS),
})
export const readRequestSchema = z.object({ model, image: picture })

/** `POST /v1/chat/completions`. */

import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import { answerChat } from './answers.ts'
import { apiErrorOf } from '../api-error.ts'
import { completion, type Head, usageOf } from './chat-objects.ts'
import { streamChat } from './chat-stream.ts'
import { type Api, bodyOf, callOf, requireModel, requireTask, visit } from '../context.ts'
import { conversationOf } from './conversation.ts'
import { FirstSteps } from './first-steps.ts'
import { chatRequestSchema } from '../schemas.ts'

/**
 * How long a stream waits for its first step before its status is sent: until then an error has a
 * status of its own.
 */
const STATUS_MS = 2000

const ROUTE = '/v1/chat/completions'

export function chatRoute(c: Context, api: Api): Promise<Response> {
  return visit(c, api, ROUTE, async ({ client, keep, end }) => {
    const { model, metrics, log } = api
    const request = await bodyOf(c, chatRequestSchema)
    requireModel(model, request.model)
    requireTask(model, 'text')
    const head: Head = {
      id: `chatcmpl-${randomUUID()}`,
      created: Math.floor(Date.now() / 1000),
      model: model.card.name,
    }
    const steps = new FirstSteps()
    const call = callOf(c, api, { client, user: request.user })
    const isStream = request.stream === true
    const conversation = conversationOf(model.card, request.messages)
    const answering = answerChat(
      model,
      request,
      conversation,
      call,
      isStream ? steps.push : undefined,
    ).then((choices) => {
      const usage = usageOf(choices)
      metrics.tokens('prompt', usage.prompt_tokens)
      metrics.tokens('completion', usage.completion_tokens)
      return choices
    })
    if (!isStream) {
      return c.json(completion(head, await answering))
    }
    await Promise.race([answering, steps.first, wait(STATUS_MS, undefined, { ref: false })])
    keep()
    const about = {
      head,
      count: request.n ?? 1,
      usage: request.stream_options?.include_usage === true,
      onError: (error: unknown) => {
        if (apiErrorOf(error).status === 500 && !call.signal?.aborted) {
          log.error({ error, path: ROUTE }, 'a request failed')
        }
      },
    }
    answering.catch(() => {}) // told by the stream
    return streamSSE(c, async (stream) => {
      await streamChat(stream, about, (onStep) => {
        steps.listen(onStep)
        return answering
      })
      end(200)
    })
  })
}

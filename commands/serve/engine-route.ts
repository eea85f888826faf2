/**
 * `POST /v1/engine` and `POST /v1/forget`: the requests of another Sightseer's backend as they are, for a
 * bot whose model runs here (inference/backends/remote/own/own-protocol.ts).
 */

import { createHash } from 'node:crypto'
import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import { InputError } from '../../config/errors.ts'
import { toPlainError } from '../../config/plain-error.ts'
import {
  type EngineBody,
  engineBodySchema,
  type EngineEvent,
  forgetBodySchema,
} from '../../inference/backends/remote/own/own-protocol.ts'
import { packJson, unpackJson } from '../../inference/backends/remote/own/packed-json.ts'
import type { EngineImage, EngineRequest, EngineResult } from '../../inference/contract/requests.ts'
import type {
  ImageSource,
  Model,
  RequestOptions,
  ScoredText,
  StreamOptions,
} from '../../inference/contract/types.ts'
import type { AnswerPrompt } from '../../inference/text/prompt.ts'
import { type Api, bodyOf, visit } from './context.ts'
import { Outbox } from './outbox.ts'

export function engineRoute(c: Context, api: Api): Promise<Response> {
  return visit(c, api, '/v1/engine', async ({ client, keep, end }) => {
    const body = await bodyOf(c, engineBodySchema, unpackJson)
    keep()
    return streamSSE(c, async (stream) => {
      const outbox = new Outbox(stream)
      const tell = (event: EngineEvent) => outbox.send(packJson(event))
      tell(await answered(api, { client, body, signal: c.req.raw.signal }, tell))
      await outbox.end()
      end(200)
    })
  })
}

export function forgetRoute(c: Context, api: Api): Promise<Response> {
  return visit(c, api, '/v1/forget', async ({ client }) => {
    const { keys } = await bodyOf(c, forgetBodySchema)
    await api.model.forget(keys.map((key) => ownKey(client, key)))
    return c.json({ object: 'forgotten' })
  })
}

type Asked = {
  readonly client: string
  readonly body: EngineBody
  readonly signal: AbortSignal
}

/** The last event. */
async function answered(
  { model, timeoutMs, metrics, log }: Api,
  { client, body, signal }: Asked,
  tell: (event: EngineEvent) => void,
): Promise<EngineEvent> {
  const { request, urgency, tenant, user, remainingMs, steps } = body
  const options = {
    signal,
    urgency,
    tenant: client,
    user: `${tenant}/${user}`,
    deadline: Date.now() + Math.min(remainingMs ?? Infinity, timeoutMs),
    onPosition: (ahead: number) => tell({ type: 'position', ahead }),
    ...(steps && {
      onStep: (step: Parameters<NonNullable<StreamOptions['onStep']>>[0]) =>
        tell({ type: 'step', step }),
    }),
  }
  const missing = new Set<string>()
  try {
    const result = await carryOut(model, request, options, (image) =>
      sourceOf(client, image, missing),
    )
    if (request.kind === 'generate' && 'promptTokens' in result) {
      metrics.tokens('prompt', result.promptTokens)
      metrics.tokens('completion', result.tokenIds.length)
    }
    return { type: 'result', result }
  } catch (error) {
    if (error instanceof MissingPicture) {
      return { type: 'missing', keys: [...missing] }
    }
    if (error instanceof InputError) {
      return { type: 'error', error: toPlainError(error, 0) }
    }
    if (!signal.aborted) {
      log.error({ error, path: '/v1/engine' }, 'a request failed')
    }
    const unknown = new Error('The request failed; the log of the server has the reason.')
    return { type: 'error', error: { kind: 'bug', name: 'Error', message: unknown.message } }
  }
}

/** The picture was not sent, and is not here. */
class MissingPicture extends Error {
  override name = 'MissingPicture' as const
}

function carryOut(
  model: Model,
  request: EngineRequest,
  caller: RequestOptions & StreamOptions,
  source: (image: EngineImage) => ImageSource,
): Promise<EngineResult> {
  if (request.kind === 'embed-text') {
    return model.embedText(request.text, caller)
  }
  const options = { ...caller, ...detailOf(request) }
  switch (request.kind) {
    case 'generate': {
      const { prompt, options: generation } = request
      const sources = request.images.map(source)
      const system = prompt.kind === 'raw' ? undefined : prompt.system
      const all = { ...generation, ...options, ...(system !== undefined && { system }) }
      if (prompt.kind === 'ask') {
        return model.ask(sources, prompt.question, { ...all, history: prompt.history })
      }
      return model.describe(sources, {
        ...all,
        ...(prompt.text !== undefined && { prompt: prompt.text }),
      })
    }
    case 'score':
      return model.score(source(request.image), {
        ...options,
        ...scoredText(request.prompt),
        answers: request.answers,
      })
    case 'encode':
      return model.encode(source(request.image), options)
    case 'embed':
      return model.embedImage(source(request.image), options)
    case 'read':
      return model.read(source(request.image), options)
    default:
      return model.match(source(request.image), request.texts, options)
  }
}

/** All pictures of a request are sent in the same detail. */
function detailOf(
  request: Exclude<EngineRequest, { kind: 'embed-text' }>,
): Pick<RequestOptions, 'detail'> {
  const detail = (request.kind === 'generate' ? request.images[0] : request.image)?.detail
  return detail === undefined ? {} : { detail }
}

function scoredText(prompt: AnswerPrompt): ScoredText {
  return prompt.kind === 'raw'
    ? { prompt: prompt.text }
    : { question: prompt.question, history: prompt.history }
}

/** @param missing gets the keys of pictures that would have had to be sent. */
function sourceOf(client: string, { key, bytes }: EngineImage, missing: Set<string>): ImageSource {
  return {
    key: ownKey(client, key),
    async bytes() {
      if (bytes === null) {
        missing.add(key)
        throw new MissingPicture()
      }
      return bytes
    },
  }
}

/**
 * What a picture is known by here. A client says itself which picture its bytes are, so each has names of
 * its own: it can neither pass off a picture as one of others, nor learn which ones those showed.
 */
function ownKey(client: string, key: string): string {
  return createHash('sha256').update(`${client}\0${key}`).digest('hex')
}

/** Routes that OpenAI's API does not have: `/v1/score`, `/v1/match`, `/v1/read`. */

import type { Context } from 'hono'
import { imageSourceOf } from '../../inference/contract/image-source.ts'
import type { ImageSource } from '../../inference/contract/types.ts'
import {
  judgePicture,
  requireInside,
  requireMatchable,
} from '../../inference/domain/judge-picture.ts'
import { matchKnown } from '../../inference/domain/known-match.ts'
import type { ChatCall } from './chat/answers.ts'
import { type Api, bodyOf, callOf, requireModel, requireTask, visit } from './context.ts'
import { pictureOf } from './pictures.ts'
import { matchRequestSchema, readRequestSchema, scoreRequestSchema } from './schemas.ts'

export function scoreRoute(c: Context, api: Api): Promise<Response> {
  return visit(c, api, '/v1/score', async ({ client }) => {
    const { model } = api
    const { prompt, answers, ...about } = await bodyOf(c, scoreRequestSchema)
    requireTask(model, 'text')
    const { source, call } = await pictured(c, api, client, about)
    const { judgment } = await judgePicture(model, source, call)
    requireInside(model.card, judgment)
    const scores = await model.score(source, { prompt, answers, ...call })
    return c.json({
      object: 'score',
      model: model.card.name,
      answers: scores.map(({ answer, logLikelihood, probability }) => ({
        answer,
        log_likelihood: logLikelihood,
        probability,
      })),
      judgment,
    })
  })
}

export function matchRoute(c: Context, api: Api): Promise<Response> {
  return visit(c, api, '/v1/match', async ({ client }) => {
    const { model } = api
    const { texts, ...about } = await bodyOf(c, matchRequestSchema)
    requireTask(model, 'match')
    const { source, call } = await pictured(c, api, client, about)
    // A matcher that knows one kind of pictures gives meaningless numbers about others.
    await requireMatchable(model, source, call)
    const matches = await matchKnown(model, source, texts, call)
    return c.json({ object: 'match', model: model.matcher?.name, matches })
  })
}

export function readRoute(c: Context, api: Api): Promise<Response> {
  return visit(c, api, '/v1/read', async ({ client }) => {
    const { source, call } = await pictured(c, api, client, await bodyOf(c, readRequestSchema))
    const text = await api.model.read(source, call)
    return c.json({ object: 'text', ...text })
  })
}

async function pictured(
  c: Context,
  api: Api,
  client: string,
  { model, image }: { readonly model?: string | null | undefined; readonly image: string },
): Promise<{ readonly source: ImageSource; readonly call: ChatCall }> {
  requireModel(api.model, model)
  const source = await imageSourceOf(pictureOf(image, 'image'))
  return { source, call: callOf(c, api, { client }) }
}

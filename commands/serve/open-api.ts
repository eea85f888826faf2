/** The OpenAPI description of the HTTP API, from the schemas that check its requests. */

import { z } from 'zod'
import packageJson from '../../package.json' with { type: 'json' }
import {
  chatRequestSchema,
  matchRequestSchema,
  readRequestSchema,
  scoreRequestSchema,
} from './schemas.ts'

const POSTS = {
  '/v1/chat/completions': {
    summary: 'Describes a picture, or answers a question about it, as OpenAI’s API does.',
    schema: chatRequestSchema,
  },
  '/v1/score': {
    summary: 'How likely each answer is after a prompt about a picture.',
    schema: scoreRequestSchema,
  },
  '/v1/match': {
    summary:
      'How well each text fits a picture: itm, a probability, itc, a cosine, and the unknown words.',
    schema: matchRequestSchema,
  },
  '/v1/read': {
    summary: 'The words in a picture, by line, with their corners.',
    schema: readRequestSchema,
  },
} as const

const GETS = {
  '/v1/models': 'The model that is open, and what it can do.',
  '/metrics': 'Metrics in Prometheus’s text format.',
} as const

const ERRORS = {
  400: 'The request is wrong; the message says what.',
  401: 'The key is missing or wrong.',
  403: 'Without keys: the request is not for localhost.',
  404: 'There is no such model or route.',
  413: 'The request is too large.',
  415: 'The body is not declared as JSON.',
  429: 'Over the limits of the key; retry-after says when to try again.',
  503: 'The queue is full; retry-after says when to try again.',
  504: 'There was no answer in time.',
} as const

const errorSchema = z.object({
  error: z.object({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string(),
  }),
})

export function openApi() {
  const error = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } }
  const responses = (description: string) => ({
    200: { description },
    ...Object.fromEntries(
      Object.entries(ERRORS).map(([status, about]) => [
        status,
        { description: about, content: error },
      ]),
    ),
  })
  const posts = Object.entries(POSTS).map(([route, { summary, schema }]) => [
    route,
    {
      post: {
        summary,
        requestBody: {
          required: true,
          content: { 'application/json': { schema: z.toJSONSchema(schema, { io: 'input' }) } },
        },
        responses: responses('The answer.'),
      },
    },
  ])
  const gets = Object.entries(GETS).map(([route, summary]) => [
    route,
    { get: { summary, responses: responses(summary) } },
  ])
  return {
    openapi: '3.1.0',
    info: { title: 'Sightseer', version: packageJson.version },
    security: [{ key: [] }, {}],
    paths: Object.fromEntries([...posts, ...gets]),
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
      schemas: { Error: z.toJSONSchema(errorSchema) },
    },
  }
}

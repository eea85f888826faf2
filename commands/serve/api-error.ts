/** Errors of the HTTP API, in the form of OpenAI's: `{error: {message, type, param, code}}`. */

import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { ZodError } from 'zod'
import { InputError } from '../../config/errors.ts'
import { sentenceOf } from '../i18n/catalog.ts'
import { EN } from '../i18n/en.ts'

type ErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'not_found_error'
  | 'rate_limit_error'
  | 'server_error'

/** What a client gets. */
export type ErrorBody = {
  readonly error: {
    readonly message: string
    readonly type: ErrorType
    /** The field of the request that is wrong, such as `messages.0.content`; null: none alone. */
    readonly param: string | null
    readonly code: string
  }
}

type About = {
  readonly code: string
  readonly status?: ContentfulStatusCode
  readonly param?: string
  /** Seconds after which to try again. */
  readonly retryAfter?: number
}

/** An answer that is an error. */
export class ApiError extends Error {
  override name = 'ApiError' as const
  readonly status: ContentfulStatusCode
  readonly retryAfter: number | undefined
  readonly body: ErrorBody

  constructor(message: string, { code, status = 400, param, retryAfter }: About) {
    super(message)
    this.status = status
    this.retryAfter = retryAfter
    this.body = { error: { message, type: typeOf(status), param: param ?? null, code } }
  }
}

function typeOf(status: number): ErrorType {
  switch (status) {
    case 401:
      return 'authentication_error'
    case 404:
      return 'not_found_error'
    case 429:
    case 503:
      return 'rate_limit_error'
    default:
      return status >= 500 ? 'server_error' : 'invalid_request_error'
  }
}

/** Seconds after which a full queue may have room. */
const QUEUE_RETRY_SECONDS = 5

/** Statuses of what is not the request's fault. */
const STATUSES: Readonly<Record<string, Pick<About, 'status' | 'retryAfter'>>> = {
  'queue/full': { status: 503, retryAfter: QUEUE_RETRY_SECONDS },
  'queue/deadline': { status: 504 },
}

/** The answer for whatever was thrown; what nobody foresaw tells no details. */
export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) {
    return error
  }
  if (error instanceof InputError) {
    const { code } = error
    return new ApiError(sentenceOf(error, EN), { code, ...STATUSES[code] })
  }
  return new ApiError('The request failed; the log of the server has the reason.', {
    code: 'internal_error',
    status: 500,
  })
}

type Issue = Pick<ZodError['issues'][number], 'path' | 'message'>

/** For a body that does not fit its schema: names the first field that is wrong. */
export function schemaError({ issues }: ZodError): ApiError {
  const { path, message } = deepest(issues[0]!)
  const param = path.map(String).join('.')
  const text = param === '' ? message : `${param}: ${message}`
  return new ApiError(text, { code: 'invalid_value', ...(param !== '' && { param }) })
}

/** Of a value that fits none of several forms: what is wrong with the form that it fits furthest. */
function deepest(issue: ZodError['issues'][number]): Issue {
  if (issue.code !== 'invalid_union') {
    return issue
  }
  const inner = issue.errors.flatMap(([first]) => (first === undefined ? [] : [deepest(first)]))
  const furthest = inner.toSorted((a, b) => b.path.length - a.path.length)[0]
  return furthest === undefined || furthest.path.length === 0
    ? issue
    : { message: furthest.message, path: [...issue.path, ...furthest.path] }
}

/**
 * Validates requests and responses with Discord's official OpenAPI description.
 *
 * The description (github.com/discord/discord-api-spec, MIT) is not part of this repository: it is
 * read from DISCORD_OPENAPI, or from `shared/discord/openapi.json` beside the repository. Where it
 * is absent, nothing is validated and the tests say so. Where it contradicts Discord's documentation,
 * `openapi-corrections.ts` corrects it.
 */

import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { correct } from './openapi-corrections.ts'

const BESIDE_REPOSITORY = path.join(import.meta.dirname, '../../../../shared/discord/openapi.json')

/** Largest snowflake: 64 bits, unsigned. */
const MAX_SNOWFLAKE = 2n ** 64n - 1n

const METHODS = ['get', 'put', 'post', 'patch', 'delete'] as const

/** One way in which something differs from the description. */
export type Deviation = {
  /** For example `PATCH /channels/{channel_id}`. */
  readonly operation: string
  readonly side: 'request' | 'query' | 'response'
  /** JSON pointer to what is wrong; empty for the whole body. */
  readonly pointer: string
  readonly message: string
}

type Parameter = { readonly name: string; readonly in: string; readonly required?: boolean }

type Response = { readonly $ref?: string; readonly content?: Readonly<Record<string, object>> }

type Operation = {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, object>> }
  readonly responses: Readonly<Record<string, Response>>
}

type PathItem = { readonly parameters?: readonly Parameter[] } & {
  readonly [method in (typeof METHODS)[number]]?: Operation
}

type Document = {
  readonly paths: Readonly<Record<string, PathItem>>
  readonly components: { readonly responses: Readonly<Record<string, Response>> }
}

/** One method of one path template. */
export type Route = {
  readonly name: string
  readonly method: string
  readonly template: string
  readonly pattern: RegExp
}

/** The description; schemas are compiled when first needed and kept. */
export class OpenApi {
  readonly routes: readonly Route[]
  readonly #document: Document
  readonly #bodies: Ajv2020
  readonly #queries: Ajv2020
  readonly #compiled = new Map<string, ValidateFunction>()

  constructor(document: Document) {
    this.#document = document
    this.#bodies = newAjv(document, false)
    // A query carries text only: "5" stands for the number 5.
    this.#queries = newAjv(document, true)
    this.routes = Object.entries(document.paths)
      .flatMap(([template, item]) =>
        METHODS.filter((method) => item[method]).map((method) => newRoute(method, template)),
      )
      // `/users/@me` before `/users/{user_id}`.
      .toSorted((a, b) => a.template.split('{').length - b.template.split('{').length)
  }

  /** The operation of a path below the API's version; undefined if it is not described. */
  find(method: string, pathname: string): Route | undefined {
    return this.routes.find((route) => route.method === method && route.pattern.test(pathname))
  }

  /** How a request's body differs from the description. */
  requestDeviations(route: Route, body: unknown): Deviation[] {
    const operation = this.#operation(route)
    const side = 'request'
    if (!operation.requestBody) {
      return body === undefined ? [] : [deviation(route, side, 'takes no body, and was sent one')]
    }
    // Forms carry the same JSON in `payload_json`; their files are looked at by the server.
    const { content } = operation.requestBody
    const type = content['application/json'] ? 'application/json' : Object.keys(content)[0]!
    const pointer = ['paths', route.template, route.method.toLowerCase(), 'requestBody']
    return this.#judge(route, side, [...pointer, 'content', type, 'schema'], body ?? {})
  }

  /** How a request's query differs from the description. */
  queryDeviations(route: Route, query: URLSearchParams): Deviation[] {
    const item = this.#document.paths[route.template]
    const parameters = [...(item?.parameters ?? []), ...(this.#operation(route).parameters ?? [])]
    const known = parameters.filter((parameter) => parameter.in === 'query')
    const unknown = [...query.keys()].filter((key) => known.every(({ name }) => name !== key))
    const deviations = unknown.map((key) =>
      deviation(route, 'query', `has no parameter "${key}"`, `/${key}`),
    )
    for (const parameter of known) {
      const index = parameters.indexOf(parameter) - (item?.parameters?.length ?? 0)
      const values = query.getAll(parameter.name)
      if (values.length === 0) {
        if (parameter.required !== true) {
          continue
        }
        deviations.push(deviation(route, 'query', 'is required', `/${parameter.name}`))
        continue
      }
      const pointer = ['paths', route.template, route.method.toLowerCase(), 'parameters']
      const value = values.length === 1 ? values[0] : values
      deviations.push(
        ...this.#judge(route, 'query', [...pointer, String(index), 'schema'], value).map((found) =>
          Object.assign(found, { pointer: `/${parameter.name}${found.pointer}` }),
        ),
      )
    }
    return deviations
  }

  /** How a response differs from the description. 5xx is the server's failure: never described. */
  responseDeviations(route: Route, status: number, body: unknown): Deviation[] {
    const { responses } = this.#operation(route)
    const key = [String(status), `${Math.floor(status / 100)}XX`].find((k) => k in responses)
    const side = 'response'
    if (key === undefined) {
      const described = Object.keys(responses).join(', ')
      return [deviation(route, side, `has status ${status}; described are ${described}`)]
    }
    const named = responses[key]!.$ref?.split('/').at(-1)
    const response =
      named === undefined ? responses[key]! : this.#document.components.responses[named]!
    if (!response.content) {
      return body === undefined ? [] : [deviation(route, side, `${status} has no body`)]
    }
    if (body === undefined) {
      return [deviation(route, side, `${status} needs a body`)]
    }
    const base =
      named === undefined
        ? ['paths', route.template, route.method.toLowerCase(), 'responses', key]
        : ['components', 'responses', named]
    return this.#judge(route, side, [...base, 'content', 'application/json', 'schema'], body)
  }

  #operation(route: Route): Operation {
    const item = this.#document.paths[route.template]
    return METHODS.filter((method) => method === route.method.toLowerCase()).map(
      (method) => item![method]!,
    )[0]!
  }

  #judge(
    route: Route,
    side: Deviation['side'],
    pointer: readonly string[],
    value: unknown,
  ): Deviation[] {
    const validate = this.#compile(side === 'query' ? this.#queries : this.#bodies, pointer)
    // Wrapped, so that coercion has somewhere to put what a query's text stands for.
    if (validate({ value })) {
      return []
    }
    const errors = (validate.errors ?? []).map((error) =>
      Object.assign(error, { instancePath: error.instancePath.replace('/value', '') }),
    )
    return mostTelling(errors).map((error) =>
      deviation(route, side, describe(error), error.instancePath),
    )
  }

  #compile(ajv: Ajv2020, pointer: readonly string[]): ValidateFunction {
    const fragment = pointer.map((part) =>
      encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')),
    )
    const $ref = `discord#/${fragment.join('/')}`
    const key = `${ajv === this.#queries ? 'query' : 'body'} ${$ref}`
    const known = this.#compiled.get(key)
    if (known) {
      return known
    }
    const fresh = ajv.compile({ type: 'object', properties: { value: { $ref } } })
    this.#compiled.set(key, fresh)
    return fresh
  }
}

/** The official description, or null where it is not to be had. */
export function readOpenApi(file = process.env['DISCORD_OPENAPI'] ?? BESIDE_REPOSITORY) {
  if (!existsSync(file)) {
    return null
  }
  const document: Document = JSON.parse(readFileSync(file, 'utf8'))
  correct(document)
  return new OpenApi(document)
}

function newAjv(document: Document, coerceTypes: boolean): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    validateSchema: false,
    logger: false,
    // Generated once and used for seconds: to inline what is referred to and to optimize the code takes
    // longer than that saves.
    inlineRefs: false,
    code: { optimize: false },
    coerceTypes: coerceTypes ? 'array' : false,
  })
  addFormats.default(ajv, ['date-time', 'uri', 'int32', 'int64', 'double'])
  ajv.addFormat('snowflake', (text) => /^\d{1,20}$/.test(text) && BigInt(text) <= MAX_SNOWFLAKE)
  ajv.addFormat('nonce', true)
  ajv.addSchema(document, 'discord')
  return ajv
}

function newRoute(method: string, template: string): Route {
  const source = template
    .split('/')
    .map((part) => part.replaceAll(/[.]/g, '\\.').replaceAll(/\{\w+\}/g, '[^/]+'))
    .join('/')
  const verb = method.toUpperCase()
  return { name: `${verb} ${template}`, method: verb, template, pattern: new RegExp(`^${source}$`) }
}

function deviation(
  route: Route,
  side: Deviation['side'],
  message: string,
  pointer = '',
): Deviation {
  return { operation: route.name, side, pointer, message }
}

/**
 * Of a value that may have one of many forms ajv tells what each form misses. What is wrong deepest
 * down is what the value was nearest to.
 */
function mostTelling(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const telling = errors.filter(({ keyword }) => !['oneOf', 'anyOf', 'if'].includes(keyword))
  const candidates = telling.length > 0 ? telling : errors
  const deepest = Math.max(...candidates.map(depth))
  const specific = candidates.filter((error) => depth(error) === deepest)
  const noConst = specific.filter(({ keyword }) => keyword !== 'const')
  return noConst.length > 0 ? noConst.slice(0, 3) : specific.slice(0, 3)
}

function depth(error: ErrorObject): number {
  return error.instancePath.split('/').length
}

function describe(error: ErrorObject): string {
  const details = Object.values(error.params).map((value) => JSON.stringify(value))
  return `${error.message ?? error.keyword} (${details.join(', ')})`
}

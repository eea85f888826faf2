/**
 * Checks the fields of a request's body, and rejects it with the paths of all invalid ones (50035).
 *
 * Source: reference.mdx, "Error Messages".
 */

import { ApiError } from './errors.ts'

type ErrorTree = { _errors?: object[]; readonly children: Map<string, ErrorTree> }

/** Any JSON object. */
export type Json = { readonly [key: string]: unknown }

/** True for a JSON object that is not an array. */
export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Collects the errors of a body by field. */
export class Checks {
  readonly #errors: ErrorTree = { children: new Map() }
  readonly #base: string
  #failed = false

  /** @param base path of the body itself, such as `data` in a callback to an interaction. */
  constructor(base = '') {
    this.#base = base
  }

  /** Whether there are errors so far. */
  get failed(): boolean {
    return this.#failed
  }

  /** Adds an error for the field at `path`, such as `embeds.0.title`; `''` is the body itself. */
  fail(path: string, code: string, message: string): void {
    this.#failed = true
    let node = this.#errors
    const keys = [...this.#base.split('.'), ...path.split('.')].filter((key) => key !== '')
    for (const key of keys) {
      const child: ErrorTree = node.children.get(key) ?? { children: new Map() }
      node.children.set(key, child)
      node = child
    }
    node._errors = [...(node._errors ?? []), { code, message }]
  }

  /** The text at `key`, or undefined when absent or null. Lengths in code points. */
  text(
    body: Json,
    key: string,
    limits: { min?: number; max: number },
    path = key,
  ): string | undefined {
    const value = body[key]
    if (value === undefined || value === null) {
      return undefined
    }
    if (typeof value !== 'string') {
      this.fail(path, 'STRING_TYPE_CONVERT', `Could not interpret "${typeof value}" as string.`)
      return undefined
    }
    const length = lengthOf(value)
    const { min = 0, max } = limits
    if (length > max) {
      this.fail(path, 'BASE_TYPE_MAX_LENGTH', `Must be ${max} or fewer in length.`)
    }
    if (length < min) {
      this.fail(path, 'BASE_TYPE_BAD_LENGTH', `Must be between ${min} and ${max} in length.`)
    }
    return value
  }

  /** Adds an error for a missing field. */
  missing(path: string): void {
    this.fail(path, 'BASE_TYPE_REQUIRED', 'This field is required')
  }

  /** The required text at `key`; `''` if it is absent. */
  needText(body: Json, key: string, limits: { min?: number; max: number }, path = key): string {
    const text = this.text(body, key, limits, path)
    if (body[key] === undefined || body[key] === null) {
      this.missing(path)
    }
    return text ?? ''
  }

  /** The whole number at `key`, or undefined. */
  whole(
    body: Json,
    key: string,
    path = key,
    limits: { min?: number; max?: number } = {},
  ): number | undefined {
    const value = body[key]
    if (value === undefined || value === null) {
      return undefined
    }
    if (typeof value !== 'number' || !Number.isInteger(value)) {
      this.fail(path, 'NUMBER_TYPE_COERCE', `Value "${shown(value)}" is not int.`)
      return undefined
    }
    this.range(value, path, limits)
    return value
  }

  /** The whole number of a query string's `key`, or undefined. */
  queryNumber(
    query: URLSearchParams,
    key: string,
    limits: { min?: number; max?: number },
  ): number | undefined {
    const text = query.get(key)
    if (text === null) {
      return undefined
    }
    return this.whole({ [key]: /^-?\d+$/.test(text) ? Number(text) : text }, key, key, limits)
  }

  /** The permission set at `key`, decimal text or a number; undefined when absent. */
  permissions(body: Json, key: string, path = key): bigint | undefined {
    const value = body[key]
    if (value === undefined || value === null) {
      return undefined
    }
    const text = typeof value === 'string' || typeof value === 'number' ? String(value) : ''
    if (/^\d{1,20}$/.test(text)) {
      return BigInt(text)
    }
    this.fail(path, 'NUMBER_TYPE_COERCE', `Value "${shown(value)}" is not int.`)
    return undefined
  }

  /** Adds an error if a number is outside its limits. */
  range(value: number, path: string, { min, max }: { min?: number; max?: number }): void {
    if (min !== undefined && value < min) {
      this.fail(path, 'NUMBER_TYPE_MIN', `int value should be greater than or equal to ${min}.`)
    }
    if (max !== undefined && value > max) {
      this.fail(path, 'NUMBER_TYPE_MAX', `int value should be less than or equal to ${max}.`)
    }
  }

  /** The boolean at `key`, or undefined. */
  flag(body: Json, key: string, path = key): boolean | undefined {
    const value = body[key]
    if (value === undefined || value === null) {
      return undefined
    }
    if (typeof value === 'boolean') {
      return value
    }
    this.fail(path, 'BOOLEAN_TYPE_CONVERT', 'Must be either true or false.')
    return undefined
  }

  /** The number at `key` if it is one of `allowed`; an absent one is an error. */
  choice(body: Json, key: string, allowed: readonly number[], path = key): number | undefined {
    const value = this.whole(body, key, path)
    if (body[key] === undefined || body[key] === null) {
      this.missing(path)
    } else if (value !== undefined && !allowed.includes(value)) {
      this.fail(path, 'BASE_TYPE_CHOICES', `Value must be one of {${allowed.join(', ')}}.`)
      return undefined
    }
    return value
  }

  /** The ids in the list at `key`; an absent list is undefined. */
  ids(body: Json, key: string, max: number, path = key): readonly string[] | undefined {
    const value = body[key]
    if (value === undefined || value === null) {
      return undefined
    }
    if (!Array.isArray(value)) {
      this.fail(path, 'LIST_TYPE_CONVERT', 'Only iterables may be used in a ListType')
      return undefined
    }
    if (value.length > max) {
      this.fail(path, 'BASE_TYPE_MAX_LENGTH', `Must be ${max} or fewer in length.`)
    }
    const items: readonly unknown[] = value
    return items.flatMap((item, i) => this.id({ item }, 'item', `${path}.${i}`) ?? [])
  }

  /** The objects in the list at `key`; an absent list is undefined. */
  list(body: Json, key: string, max: number, path = key): readonly Json[] | undefined {
    const value = body[key]
    if (value === undefined || value === null) {
      return undefined
    }
    if (!Array.isArray(value)) {
      this.fail(path, 'LIST_TYPE_CONVERT', 'Only iterables may be used in a ListType')
      return undefined
    }
    if (value.length > max) {
      this.fail(path, 'BASE_TYPE_MAX_LENGTH', `Must be ${max} or fewer in length.`)
    }
    value.forEach((item, i) => {
      if (!isJson(item)) {
        this.fail(
          `${path}.${i}`,
          'DICT_TYPE_CONVERT',
          'Only dictionaries may be used in a DictType',
        )
      }
    })
    return value.filter(isJson)
  }

  /** The id at `key`, or undefined. */
  id(body: Json, key: string, path = key): string | undefined {
    const value = body[key]
    if (value === undefined || value === null) {
      return undefined
    }
    const id = typeof value === 'number' || typeof value === 'string' ? String(value) : ''
    if (/^\d{1,20}$/.test(id)) {
      return id
    }
    this.fail(path, 'NUMBER_TYPE_COERCE', `Value "${id}" is not snowflake.`)
    return undefined
  }

  /** @throws {ApiError} 50035 if there are errors. */
  done(): void {
    if (this.#failed) {
      throw new ApiError(400, 50035, 'Invalid Form Body', toObject(this.#errors))
    }
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Code points: what Discord counts. */
export function lengthOf(text: string): number {
  return Array.from(text).length
}

function toObject(tree: ErrorTree): object {
  const children = [...tree.children].map(([key, child]) => [key, toObject(child)] as const)
  return { ...(tree._errors && { _errors: tree._errors }), ...Object.fromEntries(children) }
}

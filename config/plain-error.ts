/** Errors as plain data, which can cross threads, HTTP and queues. Their classes cannot. */

import { z } from 'zod'
import { ConfigError, InputError } from './errors.ts'

/** Depth of the causes that are kept. */
const MAX_CAUSES = 4

export const plainErrorSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('input'),
    code: z.string(),
    params: z.record(z.string(), z.json()),
    get cause() {
      return plainErrorSchema.optional()
    },
  }),
  z.object({
    kind: z.literal('config'),
    problems: z.array(z.string()),
    get cause() {
      return plainErrorSchema.optional()
    },
  }),
  z.object({
    kind: z.literal('bug'),
    name: z.string(),
    message: z.string(),
    stack: z.string().optional(),
    get cause() {
      return plainErrorSchema.optional()
    },
  }),
])

/** An InputError, a ConfigError or a bug, as JSON data. */
export type PlainError = z.infer<typeof plainErrorSchema>

/** Converts what was thrown to plain data. */
export function toPlainError(thrown: unknown, causes = MAX_CAUSES): PlainError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const cause =
    error.cause === undefined || causes === 0
      ? {}
      : { cause: toPlainError(error.cause, causes - 1) }
  if (error instanceof InputError) {
    return plainErrorSchema.parse({
      kind: 'input',
      code: error.code,
      params: error.params,
      ...cause,
    })
  }
  if (error instanceof ConfigError) {
    return { kind: 'config', problems: [...error.problems], ...cause }
  }
  const { name, message, stack } = error
  return { kind: 'bug', name, message, ...(stack !== undefined && { stack }), ...cause }
}

/**
 * Converts plain data back to the error. A bug keeps its original stack.
 *
 * @throws {ZodError} if the data is not an error.
 */
export function fromPlainError(data: unknown): Error {
  return revived(plainErrorSchema.parse(data))
}

function revived(plain: PlainError): Error {
  const options = plain.cause === undefined ? {} : { cause: revived(plain.cause) }
  if (plain.kind === 'input') {
    // The other side may be another version with codes that are unknown here. The catalog has a
    // sentence for them.
    const params = Object.keys(plain.params).length > 0 ? plain.params : null
    return Reflect.construct(InputError, [plain.code, params, options])
  }
  if (plain.kind === 'config') {
    return new ConfigError(plain.problems, options)
  }
  const error = new Error(plain.message, options)
  error.name = plain.name
  if (plain.stack !== undefined) {
    error.stack = plain.stack
  }
  return error
}

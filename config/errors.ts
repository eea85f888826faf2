/**
 * The kinds of error that are for a person. Anything else thrown is a bug.
 *
 * An InputError is data: a code, and the values that a sentence is made with. The sentence itself is
 * in the catalogue (commands/i18n/), where the reader's language is known. So an error crosses threads
 * and processes unchanged (config/plain-error.ts).
 */

/**
 * Every code, with its values. Each room declares its own by declaration merging; the catalogue must
 * have a sentence for each in every language, or the type check fails.
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- inference/errors.ts and commands/errors.ts fill it
export interface InputErrors {}

export type InputErrorCode = keyof InputErrors

/** Of a code without values. */
export type NoParams = null

/** Values as JSON has them. */
export type ErrorParam =
  | string
  | number
  | boolean
  | null
  | readonly ErrorParam[]
  | { readonly [name: string]: ErrorParam }
export type ErrorParams = Readonly<Record<string, ErrorParam>>

/** Values may be left out where a code has none. */
type InputErrorArguments = {
  [Code in InputErrorCode]: InputErrors[Code] extends NoParams
    ? [code: Code, params?: NoParams, options?: ErrorOptions]
    : [code: Code, params: InputErrors[Code], options?: ErrorOptions]
}[InputErrorCode]

/** What a person did that cannot be done (a broken picture, a question too long), or must wait for. */
export class InputError extends Error {
  override name = 'InputError' as const
  readonly code: InputErrorCode
  readonly params: ErrorParams

  constructor(...[code, params, options]: InputErrorArguments) {
    // For logs. People are shown a sentence of the catalogue.
    super(params ? `${code} ${JSON.stringify(params)}` : code, options)
    this.code = code
    this.params = { ...params }
  }
}

/** Whether an error is an InputError of one of these codes. */
export function hasCode(error: unknown, ...codes: readonly InputErrorCode[]): boolean {
  return error instanceof InputError && codes.includes(error.code)
}

/** The operator's mistake (a missing model, a bad setting); the message lists every problem. */
export class ConfigError extends Error {
  override name = 'ConfigError' as const
  readonly problems: readonly string[]

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options)
    this.problems = problems
  }
}

/**
 * Errors that are shown to people. All other errors are bugs.
 *
 * An InputError is data: a code, and the values for its sentence. The sentence is in the catalog
 * (commands/i18n/), which has it in each language. So an error can cross threads and processes
 * unchanged (config/plain-error.ts).
 */

/**
 * Every code, with its values. Each folder declares its own codes by declaration merging. The type
 * check fails if the catalog of a language has no sentence for one.
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- inference/contract/errors.ts and commands/errors.ts fill it
export interface InputErrors {}

export type InputErrorCode = keyof InputErrors

/** The params of a code without values. */
export type NoParams = null

/** JSON values. */
export type ErrorParam =
  | string
  | number
  | boolean
  | null
  | readonly ErrorParam[]
  | { readonly [name: string]: ErrorParam }
export type ErrorParams = Readonly<Record<string, ErrorParam>>

/** The params may be omitted if a code has none. */
type InputErrorArguments = {
  [Code in InputErrorCode]: InputErrors[Code] extends NoParams
    ? [code: Code, params?: NoParams, options?: ErrorOptions]
    : [code: Code, params: InputErrors[Code], options?: ErrorOptions]
}[InputErrorCode]

/** A request that cannot be done (a damaged picture, a question that is too long), or not now. */
export class InputError extends Error {
  override name = 'InputError' as const
  readonly code: InputErrorCode
  readonly params: ErrorParams

  constructor(...[code, params, options]: InputErrorArguments) {
    // For logs. People see the catalog's sentence.
    super(params ? `${code} ${JSON.stringify(params)}` : code, options)
    this.code = code
    this.params = { ...params }
  }
}

/** Whether an error is an InputError of one of these codes. */
export function hasCode(error: unknown, ...codes: readonly InputErrorCode[]): boolean {
  return error instanceof InputError && codes.includes(error.code)
}

/** A problem that the operator must solve (a missing model, a bad setting). Lists every problem. */
export class ConfigError extends Error {
  override name = 'ConfigError' as const
  readonly problems: readonly string[]

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options)
    this.problems = problems
  }
}

/**
 * Runs `work`, so that several ConfigErrors can be told at once.
 *
 * @param problems gets those of a ConfigError.
 * @returns null after a ConfigError.
 */
export function collectProblems<T>(problems: string[], work: () => T): T | null {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error
    }
    problems.push(...error.problems)
    return null
  }
}

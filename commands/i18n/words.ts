/** The type of every catalogue: the keys of the English one. A key left out fails the type check. */

import type { InputErrorCode, InputErrors, NoParams } from '../../config/errors.ts'
import type { EN } from './en.ts'

/** The same keys and functions, with any texts. */
export type Words<T> = {
  readonly [Key in keyof T]: T[Key] extends string
    ? string
    : T[Key] extends (...values: infer Values) => string
      ? (...values: Values) => string
      : Words<T[Key]>
}

/** A sentence for every error; a code without one fails the type check. */
export type ErrorSentences = {
  readonly [Code in InputErrorCode]: InputErrors[Code] extends NoParams
    ? string
    : (params: InputErrors[Code]) => string
}

export type Catalogue = Words<Omit<typeof EN, 'errors'>> & { readonly errors: ErrorSentences }

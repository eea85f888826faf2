/** The type of every catalog: the keys of the English one. A missing key fails the type check. */

import type { EN } from './en.ts'
import type { ErrorSentences } from './error-sentences.ts'

/** The same keys and functions, with any texts. */
export type Words<T> = {
  readonly [Key in keyof T]: T[Key] extends string
    ? string
    : T[Key] extends (...values: infer Values) => string
      ? (...values: Values) => string
      : Words<T[Key]>
}

export type Catalog = Words<Omit<typeof EN, 'errors'>> & { readonly errors: ErrorSentences }

/** The type of every catalogue: the keys of the English one. A key left out fails the type check. */

import type { EN } from './en.ts'

/** The same keys and functions, with any texts. */
export type Words<T> = {
  readonly [Key in keyof T]: T[Key] extends string
    ? string
    : T[Key] extends (...values: infer Values) => string
      ? (...values: Values) => string
      : Words<T[Key]>
}

export type Catalogue = Words<typeof EN>

/** The type of the sentences for errors, in every language. */

import type { InputErrorCode, InputErrors, NoParams } from '../../config/errors.ts'

/** A sentence for every error code. A missing one fails the type check. */
export type ErrorSentences = {
  readonly [Code in InputErrorCode]: InputErrors[Code] extends NoParams
    ? string
    : (params: InputErrors[Code]) => string
}

/** What programs that write or score texts are made with. */

import type { TextDecoder } from '../../families/common/runner.ts'
import type { Vocabulary } from '../../text/token-bytes.ts'
import type { Tokenizer } from '../../text/tokenizer.ts'

export type TextParts = {
  readonly decoder: TextDecoder
  readonly tokenizer: Tokenizer
  readonly vocabulary: Vocabulary
  /** The words with which the model declines a picture, as ids of its matcher. Null: it has none that knows them. */
  readonly declining: readonly number[] | null
}

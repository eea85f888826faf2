/**
 * GPT-2's byte-level BPE, with `@huggingface/tokenizers`.
 *
 * Three differences between the library and the reference are corrected here: it uses JavaScript's
 * white space instead of Unicode's (U+0085 and U+FEFF differ), `decode` removes spaces before
 * punctuation, and it fails on an empty list of ids and on ids without a token. One remains: letters
 * new in Unicode 17 count as letters; in the reference (Unicode 16) they are symbols.
 */

import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers'
import type { TextModel } from './text-model.ts'
import type { TokenizerFile } from './tokenizer-schema.ts'

/**
 * GPT-2's pattern that splits text into words; BPE merges tokens only within a word.
 * Source: openai/gpt-2, src/encoder.py, `Encoder.pat`, with Unicode's white space spelled out.
 */
const WORDS =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu

export class ByteLevelBpe implements TextModel {
  readonly #library: HuggingFaceTokenizer

  constructor(file: TokenizerFile) {
    // Without the special tokens, so that no text can name one, and without the template.
    const ordinary = {
      ...file,
      added_tokens: file.added_tokens.filter((token) => !token.special),
      post_processor: null,
    }
    this.#library = new HuggingFaceTokenizer(ordinary, { clean_up_tokenization_spaces: false })
    const splitter = this.#library.pre_tokenizer
    if (
      file.pre_tokenizer?.['type'] === 'ByteLevel' &&
      splitter !== null &&
      'pattern' in splitter
    ) {
      splitter.pattern = WORDS
    }
  }

  encode(text: string): number[] {
    return this.#library.encode(text, { add_special_tokens: false }).ids
  }

  decode(ids: readonly number[]): string {
    return this.#library.decode([...ids])
  }

  has(id: number): boolean {
    return this.#library.id_to_token(id) !== undefined
  }
}

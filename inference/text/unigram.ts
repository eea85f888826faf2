/**
 * T5's tokenization: normalized by a table, split at white space, each word marked by "▁" in front
 * and then cut where its pieces are likeliest together, by `@huggingface/tokenizers`.
 *
 * The library's own normalizer is only nearly the table's, and its white space is JavaScript's and
 * not Unicode's (U+0085 and U+FEFF differ); so the library's model gets single words.
 */

import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers'
import { Charsmap } from './charsmap.ts'
import type { TextModel } from './text-model.ts'
import type { TokenizerFile, UnigramModel } from './tokenizer-schema.ts'

/** Stands for the space before a word. */
export const WORD_MARK = '▁'

const SPACE = /\p{White_Space}+/u
/** Before every mark but the first: a word is cut there too. */
const MARKS = /(?<=.)(?=▁)/su

/** The library's model, which it does not export: its `encode` fails on words of many pieces. */
type LibraryModel = {
  readonly tokens_to_ids: ReadonlyMap<string, number>
  tokenize(word: string): string[]
}

export class Unigram implements TextModel {
  readonly #library: LibraryModel
  readonly #unknown: number
  readonly #pieces: readonly string[]
  readonly #charsmap: Charsmap | null

  /** @param model of the file. @param special the ids that no text can have. */
  constructor(file: TokenizerFile, model: UnigramModel, special: ReadonlySet<number>) {
    const charsmap = file.normalizer?.['precompiled_charsmap']
    this.#charsmap = typeof charsmap === 'string' ? new Charsmap(charsmap) : null
    this.#pieces = model.vocab.map(([piece]) => piece)
    // A piece with a space in it is in no word.
    const vocab = model.vocab.map(([piece, score], id) => [
      special.has(id) || id === model.unk_id ? ` ${id}` : piece,
      score,
    ])
    const alone = { added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null }
    const config = { ...alone, decoder: null, model: { ...model, vocab } }
    const library = new HuggingFaceTokenizer(config, { clean_up_tokenization_spaces: false })
    if (!hasTokenize(library.model)) {
      throw new TypeError('expected a library that tells how it cuts a word')
    }
    this.#library = library.model
    this.#unknown = model.unk_id
  }

  encode(text: string): number[] {
    const normalized = this.#charsmap?.normalize(text) ?? text
    return normalized
      .split(SPACE)
      .filter((word) => word !== '')
      .flatMap((word) => (word.startsWith(WORD_MARK) ? word : WORD_MARK + word).split(MARKS))
      .flatMap((word) => this.#encodeWord(word))
  }

  /** Unknown characters in a row are one unknown id. */
  #encodeWord(word: string): number[] {
    const ids = this.#library
      .tokenize(word)
      .map((piece) => this.#library.tokens_to_ids.get(piece) ?? this.#unknown)
    return ids.filter((id, i) => id !== this.#unknown || ids[i - 1] !== id)
  }

  decode(ids: readonly number[]): string {
    const [first = '', ...rest] = ids.map((id) => this.#pieces[id] ?? '')
    return [first.replaceAll(WORD_MARK, ''), ...rest].join('').replaceAll(WORD_MARK, ' ')
  }

  has(id: number): boolean {
    return id < this.#pieces.length
  }
}

function hasTokenize(model: object): model is LibraryModel {
  return 'tokenize' in model && 'tokens_to_ids' in model
}

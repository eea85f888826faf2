/**
 * BERT's tokenization: cleaned, in lower case and without accents where the file says so, cut into
 * words and punctuation, and each word into the longest pieces of the vocabulary, from its start.
 *
 * Source: huggingface/tokenizers, tokenizers/src/{normalizers,pre_tokenizers}/bert.rs and
 * models/wordpiece/mod.rs. One difference remains: the reference's tables are those of Unicode 8, so
 * that about 670 punctuation marks and accents of later versions are letters there.
 */

import type { TextModel } from './text-model.ts'
import type { BertNormalizer, TokenizerFile, WordPieceModel } from './tokenizer-schema.ts'

/** Control characters but those that count as white space, and what the reference deletes besides. */
const REMOVED = /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\uFFFD]/gu
const SPACE = /\p{White_Space}+/u
/** Chinese characters: CJK Unified Ideographs and their extensions, each a word of its own. */
const CHINESE =
  /[\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\uF900-\uFAFF\u{2F800}-\u{2FA1F}]/gu
/** A character of punctuation, or what is between two of them. */
const WORDS = /[\p{P}$+<=>^`|~]|[^\p{P}$+<=>^`|~]+/gu

/** What the reference does to each token that it decodes. */
const CLEANED = [' .', ' ?', ' !', ' ,', " n't", " 'm", " 's", " 've", " 're"] as const

export class WordPiece implements TextModel {
  readonly #normalizer: BertNormalizer
  readonly #model: WordPieceModel
  readonly #ids: ReadonlyMap<string, number>
  readonly #pieces: ReadonlyMap<number, string>
  readonly #unknown: number

  /** @param special the ids that no text can have. */
  constructor(
    { added_tokens: added }: TokenizerFile,
    model: WordPieceModel,
    normalizer: BertNormalizer,
    special: ReadonlySet<number>,
  ) {
    this.#normalizer = normalizer
    this.#model = model
    const tokens = Object.entries(model.vocab)
    const unknown = model.vocab[model.unk_token]
    if (unknown === undefined) {
      throw new TypeError(`there is no token ${model.unk_token}`)
    }
    this.#unknown = unknown
    this.#ids = new Map(tokens.filter(([, id]) => !special.has(id)))
    this.#pieces = new Map([
      ...tokens.map(([piece, id]) => [id, piece] as const),
      ...added.map(({ content, id }) => [id, content] as const),
    ])
  }

  encode(text: string): number[] {
    return this.#normalize(text)
      .split(SPACE)
      .flatMap((part) => part.match(WORDS) ?? [])
      .flatMap((word) => this.#encodeWord(word))
  }

  #normalize(text: string): string {
    const { clean_text, handle_chinese_chars, lowercase, strip_accents } = this.#normalizer
    let normalized = clean_text ? text.replaceAll(REMOVED, '') : text
    if (handle_chinese_chars) {
      normalized = normalized.replaceAll(CHINESE, ' $& ')
    }
    if (strip_accents ?? lowercase) {
      normalized = normalized.normalize('NFD').replaceAll(/\p{Mn}/gu, '')
    }
    // One by one: of a whole word, JavaScript takes another letter for the last sigma.
    return lowercase ? Array.from(normalized, (one) => one.toLowerCase()).join('') : normalized
  }

  #encodeWord(word: string): number[] {
    const { continuing_subword_prefix: prefix, max_input_chars_per_word: most } = this.#model
    const characters = Array.from(word)
    if (characters.length > most) {
      return [this.#unknown]
    }
    const ids: number[] = []
    let start = 0
    while (start < characters.length) {
      let end = characters.length
      let id: number | undefined
      for (; end > start; end--) {
        const piece = characters.slice(start, end).join('')
        id = this.#ids.get(start === 0 ? piece : prefix + piece)
        if (id !== undefined) {
          break
        }
      }
      if (id === undefined) {
        return [this.#unknown]
      }
      ids.push(id)
      start = end
    }
    return ids
  }

  decode(ids: readonly number[]): string {
    const { continuing_subword_prefix: prefix } = this.#model
    return ids
      .map((id, i) => {
        const piece = this.#pieces.get(id) ?? ''
        if (i === 0) {
          return cleaned(piece)
        }
        return cleaned(piece.startsWith(prefix) ? piece.slice(prefix.length) : ` ${piece}`)
      })
      .join('')
  }

  has(id: number): boolean {
    return this.#pieces.has(id)
  }
}

function cleaned(piece: string): string {
  return CLEANED.reduce((text, one) => text.replaceAll(one, one.trimStart()), piece).replaceAll(
    " ' ",
    "'",
  )
}

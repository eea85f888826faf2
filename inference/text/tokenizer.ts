/**
 * Converts text to token ids and back, for GPT-2's byte-level BPE, with `@huggingface/tokenizers`.
 *
 * User text cannot contain special tokens: a "</s>" or "<image>" in it is encoded letter by letter.
 * transformers encodes it as the special token; `parseSpecial` does the same.
 *
 * Three differences between the library and the reference are corrected here: it uses JavaScript's
 * white space instead of Unicode's (U+0085 and U+FEFF differ), `decode` removes spaces before
 * punctuation, and it fails on an empty list of ids and on ids without a token. One remains: letters
 * new in Unicode 17 count as letters; in the reference (Unicode 16) they are symbols.
 */

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers'
import { z } from 'zod'
import { ConfigError } from '../../config/errors.ts'
import { largestTextToken, parseTokenizerFile, type TokenizerFile } from './tokenizer-file.ts'

/**
 * GPT-2's pattern that splits text into words; BPE merges tokens only within a word.
 * Source: openai/gpt-2, src/encoder.py, `Encoder.pat`, with Unicode's white space spelled out.
 */
const WORDS =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu

export type EncodeOptions = {
  /** Whether the beginning-of-text id comes first. */
  readonly bos: boolean
  /** Whether text such as "</s>" is encoded as the special token, as transformers does. Default false. */
  readonly parseSpecial?: boolean
}

export type Tokenizer = {
  /** One more than the largest id. */
  readonly vocabSize: number
  /**
   * The ids of a text, integers in [0, vocabSize). Time is linear in its length.
   *
   * @throws {RangeError} if `bos` is wanted and neither the file nor the caller named its id.
   */
  encode(text: string, options: EncodeOptions): number[]
  /** The text of ids without special tokens; bytes that are not UTF-8 become U+FFFD. */
  decode(ids: readonly number[]): string
}

export type TokenizerOptions = {
  /** Id that begins a text where the file's template does not say it: the card's. Default: none. */
  readonly bos?: number
  /** Ids that the model has: a token beyond them is refused, since a text with it could not be run. */
  readonly vocabSize?: number
}

/**
 * Opens the `tokenizer.json` of a model package or a Hugging Face folder.
 *
 * @throws {ConfigError} if it is missing, broken, not a byte-pair encoding or of another model.
 */
export async function loadTokenizer(
  folder: string,
  options: TokenizerOptions = {},
): Promise<Tokenizer> {
  const file = path.join(folder, 'tokenizer.json')
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ConfigError([`${file} cannot be read.`], { cause })
  })
  return parseTokenizer(text, file, options)
}

/**
 * Makes a tokenizer from the text of a `tokenizer.json`.
 *
 * @param name of the file, for the errors.
 * @throws {ConfigError} as `loadTokenizer`.
 */
export function parseTokenizer(
  text: string,
  name: string,
  { bos, vocabSize = Infinity }: TokenizerOptions = {},
): Tokenizer {
  const file = parseTokenizerFile(text, name)
  const largest = largestTextToken(file)
  if (largest.id >= vocabSize) {
    throw new ConfigError([
      `${name} has the token ${JSON.stringify(largest.text)} with the id ${largest.id}, but the model has only ${vocabSize} ids (vocab_size): it is the tokenizer of another model, or was extended without the model.`,
    ])
  }
  try {
    return new BpeTokenizer(file, name, bos ?? null)
  } catch (cause) {
    if (cause instanceof ConfigError) {
      throw cause
    }
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigError([`${name} is not a tokenizer that can be used here: ${why}.`], { cause })
  }
}

class BpeTokenizer implements Tokenizer {
  readonly vocabSize: number
  readonly #library: HuggingFaceTokenizer
  /** Null where neither the file nor the caller says it. */
  readonly #bos: number | null
  readonly #special: ReadonlyMap<string, number>
  readonly #specialIds: ReadonlySet<number>
  /** Matches the text of any special token, longer ones first; null if the file has none. */
  readonly #specialPattern: RegExp | null

  constructor(file: TokenizerFile, name: string, bos: number | null) {
    const { model, added_tokens: added } = file
    const special = added.filter((token) => token.special)
    this.#special = new Map(special.map(({ content, id }) => [content, id]))
    this.#specialIds = new Set(this.#special.values())
    const longest = [...this.#special.keys()].sort((a, b) => b.length - a.length)
    const pattern = longest.map((text) => RegExp.escape(text)).join('|')
    this.#specialPattern = pattern === '' ? null : new RegExp(`(${pattern})`, 'u')
    this.vocabSize = 1 + largest([...Object.values(model.vocab), ...added.map(({ id }) => id)])
    this.#bos = templateBos(file, name) ?? bos
    if (this.#bos !== null && this.#bos >= this.vocabSize) {
      throw new ConfigError([`${name} has no token ${this.#bos}, which begins every text.`])
    }
    // Without the special tokens, so that no text can name one, and without the template.
    const ordinary = {
      ...file,
      added_tokens: added.filter((token) => !token.special),
      post_processor: null,
    }
    this.#library = new HuggingFaceTokenizer(ordinary, { clean_up_tokenization_spaces: false })
    const splitter = this.#library.pre_tokenizer
    if (file.pre_tokenizer['type'] === 'ByteLevel' && splitter !== null && 'pattern' in splitter) {
      splitter.pattern = WORDS
    }
  }

  encode(text: string, { bos, parseSpecial = false }: EncodeOptions): number[] {
    const start = bos ? [this.#bosId()] : []
    if (!parseSpecial || this.#specialPattern === null) {
      return start.concat(this.#encodeText(text))
    }
    const pieces = text.split(this.#specialPattern) // odd indices are special tokens
    return start.concat(
      ...pieces.map((piece, i) =>
        i % 2 === 1 ? [this.#special.get(piece)!] : this.#encodeText(piece),
      ),
    )
  }

  decode(ids: readonly number[]): string {
    const ordinary = ids.filter(
      (id) => !this.#specialIds.has(id) && this.#library.id_to_token(id) !== undefined,
    )
    return ordinary.length === 0 ? '' : this.#library.decode(ordinary)
  }

  #bosId(): number {
    if (this.#bos === null) {
      throw new RangeError('expected a tokenizer that knows which id begins a text')
    }
    return this.#bos
  }

  #encodeText(text: string): number[] {
    return text === '' ? [] : this.#library.encode(text, { add_special_tokens: false }).ids
  }
}

function largest(ids: readonly number[]): number {
  return ids.reduce((most, id) => Math.max(most, id), 0)
}

/** The id that the file's template puts before a text; null if it has no such template. */
function templateBos(
  { post_processor: template, model, added_tokens: added }: TokenizerFile,
  name: string,
): number | null {
  const first = z
    .object({
      single: z.tuple([z.object({ SpecialToken: z.object({ id: z.string() }) })], z.unknown()),
    })
    .safeParse(template)
  if (!first.success) {
    return null
  }
  const text = first.data.single[0].SpecialToken.id
  const id = added.find(({ content }) => content === text)?.id ?? model.vocab[text]
  if (id === undefined) {
    throw new ConfigError([`${name} has no token ${text}, which begins every text.`])
  }
  return id
}

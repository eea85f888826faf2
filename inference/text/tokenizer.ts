/**
 * Converts text to token ids and back, by the `tokenizer.json` of a model.
 *
 * User text cannot contain special tokens: a "</s>" or "<image>" in it is encoded letter by letter.
 * transformers encodes it as the special token; `parseSpecial` does the same.
 */

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { ConfigError } from '../../config/errors.ts'
import { ByteLevelBpe } from './byte-level-bpe.ts'
import type { Encode, TextPiece } from './prompt.ts'
import type { TextModel } from './text-model.ts'
import {
  bertNormalizerOf,
  isSentence,
  isUnigram,
  isWordPiece,
  largestTextToken,
  prependScheme,
  type TokenizerFile,
  vocabularyOf,
} from './tokenizer-schema.ts'
import { parseTokenizerFile } from './tokenizer-file.ts'
import { SentenceBpe } from './sentence-bpe.ts'
import { Unigram } from './unigram.ts'
import { WordPiece } from './word-piece.ts'

export type EncodeOptions = {
  /** Whether the ids that begin and end every text come with it. */
  readonly special: boolean
  /**
   * Whether text such as "</s>" is encoded as the special token, as transformers does; pieces say it
   * themselves. Default false.
   */
  readonly parseSpecial?: boolean
}

export type Tokenizer = {
  /** One more than the largest id. */
  readonly vocabSize: number
  /**
   * The ids of a text, integers in [0, vocabSize); pieces are one text. Time is linear in its length.
   *
   * @throws {RangeError} if `special` is wanted, and neither the file has a template nor the caller
   *   named the id that begins a text.
   */
  encode(text: string | readonly TextPiece[], options: EncodeOptions): number[]
  /** The text of ids without special tokens; bytes that are not UTF-8 become U+FFFD. */
  decode(ids: readonly number[]): string
}

export type TokenizerOptions = {
  /** Name of the file. Default `tokenizer.json`. */
  readonly file?: string
  /** Id that begins a text where the file has no template that says it: the card's. Default: none. */
  readonly bos?: number
  /** Ids that the model has: a token beyond them is refused, since a text with it could not be run. */
  readonly vocabSize?: number
}

/**
 * Opens the `tokenizer.json` of a model package or a Hugging Face folder.
 *
 * @throws {ConfigError} if it is missing, broken, of a kind that is not supported or of another model.
 */
export async function loadTokenizer(
  folder: string,
  options: TokenizerOptions = {},
): Promise<Tokenizer> {
  const file = path.join(folder, options.file ?? 'tokenizer.json')
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ConfigError([`${file} cannot be read.`], { cause })
  })
  return parseTokenizer(text, file, options)
}

/** Opens further tokenizers of a folder, by the names of their files. */
export function tokenizerOpener(folder: string): (file: string) => Promise<Encode> {
  return async (file) => {
    const tokenizer = await loadTokenizer(folder, { file })
    return (text) => tokenizer.encode(text, { special: true })
  }
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
    return new FileTokenizer(file, name, bos ?? null)
  } catch (cause) {
    if (cause instanceof ConfigError) {
      throw cause
    }
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigError([`${name} is not a tokenizer that can be used here: ${why}.`], { cause })
  }
}

class FileTokenizer implements Tokenizer {
  readonly vocabSize: number
  readonly #model: TextModel
  /** Null where neither the file nor the caller says it. */
  readonly #template: Template | null
  readonly #special: ReadonlyMap<string, number>
  readonly #specialIds: ReadonlySet<number>
  /** Matches the text of any special token, longer ones first; null if the file has none. */
  readonly #specialPattern: RegExp | null

  constructor(file: TokenizerFile, name: string, bos: number | null) {
    const { added_tokens: added } = file
    const special = added.filter((token) => token.special)
    this.#special = new Map(special.map(({ content, id }) => [content, id]))
    this.#specialIds = new Set(this.#special.values())
    const longest = [...this.#special.keys()].sort((a, b) => b.length - a.length)
    const pattern = longest.map((text) => RegExp.escape(text)).join('|')
    this.#specialPattern = pattern === '' ? null : new RegExp(`(${pattern})`, 'u')
    const ids = vocabularyOf(file).map(([, id]) => id)
    this.vocabSize = 1 + ids.reduce((most, id) => Math.max(most, id), 0)
    this.#template =
      templateOf(file, name) ??
      (bos === null ? templateOfNothing(file) : { before: [bos], after: [] })
    if (this.#template?.before.some((id) => id >= this.vocabSize)) {
      throw new ConfigError([`${name} has no token ${bos}, which begins every text.`])
    }
    this.#model = textModelOf(file, this.#specialIds)
  }

  encode(
    text: string | readonly TextPiece[],
    { special, parseSpecial = false }: EncodeOptions,
  ): number[] {
    const { before, after } = special ? this.#wantedTemplate() : NO_TEMPLATE
    const pieces = typeof text === 'string' ? [{ text, isFormat: parseSpecial }] : text
    const ids = this.#parts(pieces).flatMap((part, i) =>
      typeof part === 'number' ? [part] : this.#model.encode(part, i === 0),
    )
    return [...before, ...ids, ...after]
  }

  /** The text between special tokens, and the ids of these. */
  #parts(pieces: readonly TextPiece[]): (string | number)[] {
    const parts: (string | number)[] = []
    for (const { text, isFormat } of pieces) {
      const split = isFormat && this.#specialPattern ? text.split(this.#specialPattern) : [text]
      for (const [i, part] of split.entries()) {
        const last = parts.at(-1)
        if (i % 2 === 1) {
          parts.push(this.#special.get(part)!) // odd indices are special tokens
        } else if (typeof last === 'string') {
          parts[parts.length - 1] = last + part
        } else if (part !== '') {
          parts.push(part)
        }
      }
    }
    return parts
  }

  decode(ids: readonly number[]): string {
    const ordinary = ids.filter((id) => !this.#specialIds.has(id) && this.#model.has(id))
    return ordinary.length === 0 ? '' : this.#model.decode(ordinary)
  }

  #wantedTemplate(): Template {
    if (this.#template === null) {
      throw new RangeError('expected a tokenizer that knows which id begins a text')
    }
    return this.#template
  }
}

function textModelOf(file: TokenizerFile, special: ReadonlySet<number>): TextModel {
  const { model } = file
  if (isUnigram(model)) {
    return new Unigram(file, model, special)
  }
  const scheme = prependScheme(file)
  if (isSentence(model) && scheme !== null) {
    return new SentenceBpe(file, model, scheme)
  }
  const normalizer = bertNormalizerOf(file)
  return isWordPiece(model) && normalizer !== null
    ? new WordPiece(file, model, normalizer, special)
    : new ByteLevelBpe(file)
}

/** The ids around a text. */
type Template = { readonly before: readonly number[]; readonly after: readonly number[] }

const NO_TEMPLATE: Template = { before: [], after: [] }

/** Of a file that says that nothing is put around a text; null if it says nothing. */
function templateOfNothing({ post_processor: template }: TokenizerFile): Template | null {
  return template?.['type'] === 'TemplateProcessing' ? NO_TEMPLATE : null
}

const templateSchema = z.object({
  single: z.array(
    z.union([
      z.object({ SpecialToken: z.object({ id: z.string() }) }),
      z.object({ Sequence: z.unknown() }),
    ]),
  ),
})

/** The ids that the file's template puts around a text; null if it has no such template. */
function templateOf(file: TokenizerFile, name: string): Template | null {
  const parsed = templateSchema.safeParse(file.post_processor)
  const items = parsed.data?.single ?? []
  const place = items.findIndex((item) => 'Sequence' in item)
  if (place < 0 || items.length === 1) {
    return null
  }
  const ids = new Map(vocabularyOf(file))
  const idsOf = (some: typeof items) =>
    some.flatMap((item) => {
      if ('Sequence' in item) {
        return []
      }
      const text = item.SpecialToken.id
      const id = ids.get(text)
      if (id === undefined) {
        throw new ConfigError([`${name} has no token ${text}, which is in every text.`])
      }
      return [id]
    })
  return { before: idsOf(items.slice(0, place)), after: idsOf(items.slice(place)) }
}

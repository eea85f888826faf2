/**
 * What a `tokenizer.json` holds: a byte-level BPE, T5's Unigram, BERT's WordPiece or Llama's BPE over
 * whole texts. Which steps are accepted is in tokenizer-steps.ts.
 */

import { z } from 'zod'

/** Longest text of an added token, in characters. */
const MAX_TOKEN_LENGTH = 1000
/** Most added tokens: every position of a text is compared with each. */
const MAX_ADDED_TOKENS = 10_000

/** A normalizer, a pre-tokenizer or a decoder. */
export const step = z.looseObject({ type: z.string() })
export type Step = z.infer<typeof step>

const bpe = z.looseObject({
  type: z.literal('BPE').optional(),
  vocab: z.record(z.string(), z.int().nonnegative()),
  merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
})

/** The id of a piece is its place; longer pieces than this would make a text take longer. */
const unigram = z.looseObject({
  type: z.literal('Unigram'),
  unk_id: z.int().nonnegative(),
  vocab: z.array(z.tuple([z.string().max(MAX_TOKEN_LENGTH), z.number()])),
  byte_fallback: z.literal(false).default(false),
})
export type UnigramModel = z.infer<typeof unigram>

/** Llama's: what has no token is its bytes. */
const sentence = bpe.extend({
  type: z.literal('BPE'),
  byte_fallback: z.literal(true),
  unk_token: z.string().nullable().default(null),
  continuing_subword_prefix: z.union([z.null(), z.literal('')]).default(null),
  end_of_word_suffix: z.union([z.null(), z.literal('')]).default(null),
  ignore_merges: z.literal(false).default(false),
})
export type SentenceModel = z.infer<typeof sentence>

/** Every piece of a word is looked for at most once for each character: words have a limit. */
const wordPiece = z.looseObject({
  type: z.literal('WordPiece'),
  vocab: z.record(z.string(), z.int().nonnegative()),
  unk_token: z.string(),
  continuing_subword_prefix: z.string().default('##'),
  max_input_chars_per_word: z.int().positive().max(MAX_TOKEN_LENGTH).default(100),
})
export type WordPieceModel = z.infer<typeof wordPiece>

const bertNormalizer = z.looseObject({
  type: z.literal('BertNormalizer'),
  clean_text: z.boolean().default(true),
  handle_chinese_chars: z.boolean().default(true),
  /** Null: as `lowercase`. */
  strip_accents: z.boolean().nullable().default(null),
  lowercase: z.boolean().default(true),
})
export type BertNormalizer = z.infer<typeof bertNormalizer>

const rest = {
  added_tokens: z
    .array(
      z.looseObject({
        id: z.int().nonnegative(),
        content: z.string().min(1).max(MAX_TOKEN_LENGTH),
        special: z.boolean().default(false),
        single_word: z.boolean().default(false),
      }),
    )
    .max(MAX_ADDED_TOKENS)
    .default([]),
  normalizer: step.nullable().default(null),
  pre_tokenizer: step.nullable().default(null),
  post_processor: z.looseObject({}).nullable().default(null),
  decoder: step,
}
const bpeSchema = z.looseObject({ model: bpe, ...rest })
const unigramSchema = z.looseObject({ model: unigram, ...rest })
const wordPieceSchema = z.looseObject({ model: wordPiece, ...rest, normalizer: bertNormalizer })
const sentenceSchema = z.looseObject({ model: sentence, ...rest })
export const typeSchema = z.looseObject({
  model: z.looseObject({
    type: z.enum(['Unigram', 'WordPiece', 'BPE']).optional(),
    byte_fallback: z.unknown().optional(),
  }),
})

/** Kinds that say what they are; a byte-pair tokenizer need not. */
export const KINDS = {
  Unigram: { schema: unigramSchema, title: 'Unigram' },
  WordPiece: { schema: wordPieceSchema, title: 'WordPiece' },
  sentence: { schema: sentenceSchema, title: 'byte-pair' },
  BPE: { schema: bpeSchema, title: 'byte-pair' },
} as const

export type TokenizerFile =
  | z.infer<typeof bpeSchema>
  | z.infer<typeof unigramSchema>
  | z.infer<typeof wordPieceSchema>
  | z.infer<typeof sentenceSchema>

export function isSentence(model: TokenizerFile['model']): model is SentenceModel {
  return sentence.safeParse(model).success
}

export function isWordPiece(model: TokenizerFile['model']): model is WordPieceModel {
  return model.type === 'WordPiece'
}

/** The settings of BERT's normalizer; null if the file has another one. */
export function bertNormalizerOf({ normalizer }: TokenizerFile): BertNormalizer | null {
  return bertNormalizer.safeParse(normalizer).data ?? null
}

export function isUnigram(model: TokenizerFile['model']): model is UnigramModel {
  return model.type === 'Unigram'
}

/** Every token with its id, added ones last. */
export function vocabularyOf({
  model,
  added_tokens: added,
}: TokenizerFile): (readonly [string, number])[] {
  const tokens = isUnigram(model)
    ? model.vocab.map(([piece], id) => [piece, id] as const)
    : Object.entries(model.vocab)
  return [...tokens, ...added.map(({ content, id }) => [content, id] as const)]
}

/**
 * When "▁" is put before a text that is not cut into words: `first`, where it begins the whole text;
 * `always`, also after a special token; both if there is none already; `twice`, always, and even then.
 */
export type PrependScheme = 'first' | 'always' | 'twice'

/** Null where a file has other steps. */
export function prependScheme({
  pre_tokenizer: before,
  normalizer,
}: {
  readonly pre_tokenizer: Step | null
  readonly normalizer: Step | null
}): PrependScheme | null {
  if (before === null) {
    return isPrepending(normalizer) ? 'twice' : null
  }
  if (normalizer !== null) {
    return null
  }
  const { type, replacement, prepend_scheme: scheme = 'always', split } = before
  const isWhole = type === 'Metaspace' && replacement === '▁' && split === false
  return isWhole && (scheme === 'first' || scheme === 'always') ? scheme : null
}

const prepending = z.looseObject({
  type: z.literal('Sequence'),
  normalizers: z.tuple([
    z.looseObject({ type: z.literal('Prepend'), prepend: z.literal('▁') }),
    z.looseObject({
      type: z.literal('Replace'),
      pattern: z.strictObject({ String: z.literal(' ') }),
      content: z.literal('▁'),
    }),
  ]),
})

/** The steps of Llama's published files. */
function isPrepending(normalizer: unknown): boolean {
  return prepending.safeParse(normalizer).success
}

/** The largest id that text can be encoded to; special tokens are never in a text. */
export function largestTextToken(file: TokenizerFile): {
  readonly text: string
  readonly id: number
} {
  const special = new Set(file.added_tokens.filter((token) => token.special).map(({ id }) => id))
  let largest = { text: '', id: -1 }
  for (const [text, id] of vocabularyOf(file)) {
    if (id > largest.id && !special.has(id)) {
      largest = { text, id }
    }
  }
  return largest
}

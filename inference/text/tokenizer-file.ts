/**
 * Reads and checks a `tokenizer.json`: a byte-level BPE, T5's Unigram, BERT's WordPiece or Llama's BPE
 * over whole texts, whose every step takes time (nearly) linear in the text.
 *
 * A tokenizer comes from whoever published the model, and each question goes through it. A pattern such
 * as `(a+)+$` in it would stop all answers. So only steps that are known are accepted, and of patterns
 * only those listed here.
 */

import { z } from 'zod'
import { ConfigError } from '../../config/errors.ts'

/** Longest text of an added token, in characters. */
const MAX_TOKEN_LENGTH = 1000
/** Most added tokens: every position of a text is compared with each. */
const MAX_ADDED_TOKENS = 10_000
/** How deep lists of steps may be in each other. */
const MAX_DEPTH = 4

/**
 * Patterns of `Split` that take linear time.
 *
 * GPT-2's (openai/gpt-2, src/encoder.py, `Encoder.pat`), and the same with digits one by one.
 */
const PATTERNS: ReadonlySet<string> = new Set([
  String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
  String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
])

const NORMALIZERS: ReadonlySet<unknown> = new Set(['Lowercase', 'NFC', 'NFD', 'NFKC', 'NFKD'])

const step = z.looseObject({ type: z.string() })
type Step = z.infer<typeof step>

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
  pre_tokenizer: step,
  post_processor: z.looseObject({}).nullable().default(null),
  decoder: step,
}
const bpeSchema = z.looseObject({ model: bpe, ...rest })
const unigramSchema = z.looseObject({ model: unigram, ...rest })
const wordPieceSchema = z.looseObject({ model: wordPiece, ...rest, normalizer: bertNormalizer })
const sentenceSchema = z.looseObject({ model: sentence, ...rest })
const typeSchema = z.looseObject({
  model: z.looseObject({
    type: z.enum(['Unigram', 'WordPiece', 'BPE']).optional(),
    byte_fallback: z.unknown().optional(),
  }),
})

/** Kinds that say what they are; a byte-pair tokenizer need not. */
const KINDS = {
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

/**
 * Parses the text of a `tokenizer.json`.
 *
 * @param name of the file, for the errors.
 * @throws {ConfigError} naming the part that is broken or not supported.
 */
export function parseTokenizerFile(text: string, name: string): TokenizerFile {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new ConfigError([`${name} is not JSON.`], { cause })
  }
  const { type = 'BPE', byte_fallback: fallback } = typeSchema.safeParse(json).data?.model ?? {}
  const { schema, title } = KINDS[type === 'BPE' && fallback === true ? 'sentence' : type]
  const { data: file, error } = schema.safeParse(json)
  if (error) {
    const where = error.issues[0]?.path.join('.') ?? ''
    throw new ConfigError([
      `${name} is not a ${title} tokenizer (${where} is not as it should be).`,
    ])
  }
  if (Object.keys(file.model.vocab).length === 0) {
    throw new ConfigError([`${name} has an empty vocabulary.`])
  }
  const problem = problemOf(file)
  if (problem !== null) {
    throw new ConfigError([
      `${name} has ${problem}, which is not supported: it could take any time, or give other tokens.`,
    ])
  }
  return file
}

function problemOf(file: TokenizerFile): string | null {
  const { model } = file
  if (isUnigram(model)) {
    return unigramProblem(file, model)
  }
  if (isSentence(model)) {
    return sentenceProblem(file)
  }
  return isWordPiece(model) ? wordPieceProblem(file) : bpeProblem(file)
}

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

function bpeProblem(file: TokenizerFile): string | null {
  return (
    (file.normalizer && stepProblem(file.normalizer, 'normalizers', isNormalizer)) ??
    stepProblem(file.pre_tokenizer, 'pretokenizers', isPreTokenizer) ??
    stepProblem(file.decoder, 'decoders', ({ type }) => type === 'ByteLevel')
  )
}

/** Llama's, as transformers makes it. */
function sentenceProblem(file: TokenizerFile): string | null {
  const { normalizer, pre_tokenizer: before, decoder, added_tokens: added } = file
  const ordinary = added.find(({ special }) => !special)
  if (ordinary !== undefined) {
    return `the added token ${JSON.stringify(ordinary.content)}`
  }
  if (normalizer !== null) {
    return describe(normalizer)
  }
  if (prependScheme(file) === null) {
    return describe(before)
  }
  const steps = z.array(step).safeParse(decoder['decoders']).data ?? []
  const types = steps.map(({ type }) => type).join()
  return /^Replace,ByteFallback,Fuse(,Strip)?$/.test(types) ? null : describe(decoder)
}

/** When "▁" is put before a text that is not cut into words; null of other pre-tokenizers. */
export function prependScheme({
  pre_tokenizer: before,
}: Pick<TokenizerFile, 'pre_tokenizer'>): 'first' | 'always' | null {
  const { type, replacement, prepend_scheme: scheme = 'always', split } = before
  const isWhole = type === 'Metaspace' && replacement === '▁' && split === false
  return isWhole && (scheme === 'first' || scheme === 'always') ? scheme : null
}

/** BERT's, as transformers makes it. */
function wordPieceProblem({
  pre_tokenizer: before,
  decoder,
  added_tokens: added,
}: TokenizerFile): string | null {
  const ordinary = added.find(({ special }) => !special)
  if (ordinary !== undefined) {
    return `the added token ${JSON.stringify(ordinary.content)}`
  }
  if (before.type !== 'BertPreTokenizer') {
    return describe(before)
  }
  return decoder.type === 'WordPiece' ? null : describe(decoder)
}

/** T5's, as transformers makes it. */
function unigramProblem(
  { normalizer, pre_tokenizer: before, decoder, added_tokens: added }: TokenizerFile,
  { unk_id: unknown, vocab }: UnigramModel,
): string | null {
  const ordinary = added.find(({ special, id }) => !special && id >= vocab.length)
  if (ordinary !== undefined) {
    return `the token ${JSON.stringify(ordinary.content)} outside of its vocabulary`
  }
  if (unknown >= vocab.length) {
    return 'an unknown token outside of its vocabulary'
  }
  if (normalizer !== null && normalizer.type !== 'Precompiled') {
    return describe(normalizer)
  }
  const steps = z.array(step).safeParse(before['pretokenizers']).data ?? []
  const [split, mark, ...more] = steps
  if (split?.type !== 'WhitespaceSplit' || !isMetaspace(mark) || more.length > 0) {
    return describe(before)
  }
  return isMetaspace(decoder) ? null : describe(decoder)
}

/** Marks words with "▁" in front, also the first one. */
function isMetaspace(one: Step | undefined): boolean {
  return (
    one?.type === 'Metaspace' &&
    one['replacement'] === '▁' &&
    (one['prepend_scheme'] ?? 'always') === 'always' &&
    one['add_prefix_space'] !== false
  )
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

/** @param list the field with the steps of a `Sequence`. @returns the first step that is refused. */
function stepProblem(
  one: Step,
  list: string,
  isSupported: (one: Step) => boolean,
  depth = 0,
): string | null {
  if (one.type === 'Sequence' && depth < MAX_DEPTH) {
    const steps = z.array(step).safeParse(one[list])
    for (const inner of steps.data ?? []) {
      const problem = stepProblem(inner, list, isSupported, depth + 1)
      if (problem !== null) {
        return problem
      }
    }
    return steps.success ? null : 'a broken Sequence'
  }
  return isSupported(one) ? null : describe(one)
}

function isNormalizer({ type }: Step): boolean {
  return NORMALIZERS.has(type)
}

function isPreTokenizer(one: Step): boolean {
  const pattern = one['pattern']
  switch (one.type) {
    case 'ByteLevel':
    case 'Digits':
      return true
    case 'Split': {
      const split = z.strictObject({ Regex: z.string() }).safeParse(pattern)
      return split.success
        ? PATTERNS.has(split.data.Regex)
        : z.strictObject({ String: z.string().min(1) }).safeParse(pattern).success
    }
    default:
      return false
  }
}

function describe(one: Step): string {
  const pattern = one['pattern']
  const detail = pattern === undefined ? '' : ` with the pattern ${JSON.stringify(pattern)}`
  return `a ${one.type}${detail}`.slice(0, 200)
}

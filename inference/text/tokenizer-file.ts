/**
 * Reads and checks a `tokenizer.json`: a byte-level BPE whose every step takes time linear in the text.
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

const schema = z.looseObject({
  model: z.looseObject({
    type: z.literal('BPE').optional(),
    vocab: z.record(z.string(), z.int().nonnegative()),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
  }),
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
})

export type TokenizerFile = z.infer<typeof schema>

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
  const { data: file, error } = schema.safeParse(json)
  if (error) {
    const where = error.issues[0]?.path.join('.') ?? ''
    throw new ConfigError([
      `${name} is not a byte-pair tokenizer (${where} is not as it should be).`,
    ])
  }
  if (Object.keys(file.model.vocab).length === 0) {
    throw new ConfigError([`${name} has an empty vocabulary.`])
  }
  const problem =
    (file.normalizer && stepProblem(file.normalizer, 'normalizers', isNormalizer)) ??
    stepProblem(file.pre_tokenizer, 'pretokenizers', isPreTokenizer) ??
    stepProblem(file.decoder, 'decoders', ({ type }) => type === 'ByteLevel')
  if (problem !== null) {
    throw new ConfigError([
      `${name} has ${problem}, which is not supported: it could take any time, or give other tokens.`,
    ])
  }
  return file
}

/** The largest id that text can be encoded to; special tokens are never in a text. */
export function largestTextToken({ model, added_tokens: added }: TokenizerFile): {
  readonly text: string
  readonly id: number
} {
  const special = new Set(added.filter((token) => token.special).map(({ id }) => id))
  let largest = { text: '', id: -1 }
  const tokens = added.map(({ content, id }) => [content, id] as const)
  for (const [text, id] of [...Object.entries(model.vocab), ...tokens]) {
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

/**
 * Which steps of a tokenizer are accepted: those whose time is (nearly) linear in the text.
 *
 * A tokenizer comes from whoever published the model, and each question goes through it. A pattern such
 * as `(a+)+$` in it would stop all answers. So only steps that are known are accepted, and of patterns
 * only those listed here.
 */

import { z } from 'zod'
import {
  isSentence,
  isUnigram,
  isWordPiece,
  prependScheme,
  type Step,
  step,
  type TokenizerFile,
  type UnigramModel,
} from './tokenizer-schema.ts'

/** How deep lists of steps may be in each other. */
const MAX_DEPTH = 4

/**
 * Patterns of `Split` that take linear time.
 *
 * GPT-2's (openai/gpt-2, src/encoder.py, `Encoder.pat`), and the same with digits one by one; Qwen2's
 * (transformers 5.18, models/qwen2/tokenization_qwen2.py, `PRETOKENIZE_REGEX`), and Llama 3's, which has
 * digits by three.
 */
const PATTERNS: ReadonlySet<string> = new Set([
  String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
  String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
])

const NORMALIZERS: ReadonlySet<unknown> = new Set(['Lowercase', 'NFC', 'NFD', 'NFKC', 'NFKD'])

/** The first part of a tokenizer that is not accepted, in words; null: there is none. */
export function problemOf(file: TokenizerFile): string | null {
  const { model } = file
  if (isUnigram(model)) {
    return unigramProblem(file, model)
  }
  if (isSentence(model)) {
    return sentenceProblem(file)
  }
  return isWordPiece(model) ? wordPieceProblem(file) : bpeProblem(file)
}

function bpeProblem(file: TokenizerFile): string | null {
  return (
    (file.normalizer && stepProblem(file.normalizer, 'normalizers', isNormalizer)) ??
    wantedStepProblem(file.pre_tokenizer, 'pretokenizers', isPreTokenizer) ??
    stepProblem(file.decoder, 'decoders', ({ type }) => type === 'ByteLevel')
  )
}

function wantedStepProblem(
  one: Step | null,
  list: string,
  isSupported: (one: Step) => boolean,
): string | null {
  return one === null ? NO_PRE_TOKENIZER : stepProblem(one, list, isSupported)
}

/** Llama's, as transformers makes it, or with the older steps. */
function sentenceProblem(file: TokenizerFile): string | null {
  const { normalizer, pre_tokenizer: before, decoder, added_tokens: added } = file
  const ordinary = added.find(({ special }) => !special)
  if (ordinary !== undefined) {
    return `the added token ${JSON.stringify(ordinary.content)}`
  }
  if (prependScheme(file) === null) {
    return describe(normalizer ?? before)
  }
  const steps = z.array(step).safeParse(decoder['decoders']).data ?? []
  const types = steps.map(({ type }) => type).join()
  return /^Replace,ByteFallback,Fuse(,Strip)?$/.test(types) ? null : describe(decoder)
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
  if (before?.type !== 'BertPreTokenizer') {
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
  const steps = z.array(step).safeParse(before?.['pretokenizers']).data ?? []
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

const NO_PRE_TOKENIZER = 'no pre-tokenizer'

function describe(one: Step | null): string {
  if (one === null) {
    return NO_PRE_TOKENIZER
  }
  const pattern = one['pattern']
  const detail = pattern === undefined ? '' : ` with the pattern ${JSON.stringify(pattern)}`
  return `a ${one.type}${detail}`.slice(0, 200)
}

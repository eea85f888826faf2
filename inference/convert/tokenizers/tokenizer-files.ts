/**
 * Reads a checkpoint's tokenizer as one `tokenizer.json`. Older checkpoints have only the vocabulary
 * and merges of GPT-2's byte-level BPE, or the vocabulary of BERT's WordPiece; then the file is built
 * from these, as transformers does.
 *
 * Source: transformers 5.18, models/gpt2/tokenization_gpt2.py, GPT2Tokenizer.
 */

import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { collectProblems, ConfigError } from '../../../config/errors.ts'
import { asBert, buildBert, VOCABULARY_TEXT_FILE } from './bert-tokenizer.ts'
import { asLlama, bosAndEos, isLlama } from './llama-tokenizer.ts'
import { addedTokens, content, sequence, special } from './tokenizer-parts.ts'
import { parseTokenizer } from '../../text/tokenizer.ts'
import { parseTokenizerFile } from '../../text/tokenizer-file.ts'
import { isObject, lfsPointerProblem, readJson } from '../../families/common/read-json.ts'
import type { Json } from '../../families/common/read-json.ts'

export const TOKENIZER_FILE = 'tokenizer.json'
const VOCABULARY_FILE = 'vocab.json'
const MERGES_FILE = 'merges.txt'
const CONFIG_FILE = 'tokenizer_config.json'

/** Of these a folder needs the first, the next two, or the last. */
export const TOKENIZER_FILES = [
  TOKENIZER_FILE,
  VOCABULARY_FILE,
  MERGES_FILE,
  VOCABULARY_TEXT_FILE,
] as const

/** transformers builds these from vocabulary and merges, and ignores the steps in tokenizer.json. */
const REBUILT_CLASSES: readonly unknown[] = [undefined, null, 'GPT2Tokenizer', 'GPT2TokenizerFast']

/** transformers rebuilds these from the vocabulary and the table of characters. */
const T5_CLASSES: readonly unknown[] = ['T5Tokenizer', 'T5TokenizerFast']

/** The places of "</s>" and "<unk>" in T5's vocabulary. */
const T5_EOS = 1
const T5_UNKNOWN = 2

/** What the model's configuration says about token ids. */
export type TokenIds = {
  /** The id that begins a text. */
  readonly bos?: number
  readonly pad?: number
  /** How many ids the model has. */
  readonly vocabSize: number
  /**
   * transformers takes the steps of tokenizer.json as they are, whatever class tokenizer_config.json
   * names. Default false.
   */
  readonly isLiteral?: boolean
  /** An added token that is found in formats, and never in what people write. */
  readonly image?: number
}

/**
 * Reads the tokenizer and checks that it loads and fits the model.
 *
 * @param ids null if they are not known: then they are not checked.
 * @returns the text of tokenizer.json; empty, with the reason in `problems`, if there is none.
 */
export function readTokenizer(folder: string, ids: TokenIds | null, problems: string[]): string {
  const tokenizer = collectProblems(problems, () => {
    const text = findTokenizer(folder, ids, problems)
    if (text !== '') {
      parseTokenizer(text, TOKENIZER_FILE, ids ?? {})
      checkSingleWords(text)
    }
    return text
  })
  return tokenizer ?? ''
}

/** Ordinary added tokens are found within words here. Special ones are never found in a text. */
function checkSingleWords(text: string): void {
  const { added_tokens: added } = parseTokenizerFile(text, TOKENIZER_FILE)
  const token = added.find((one) => one.single_word && !one.special)
  if (token !== undefined) {
    throw new ConfigError([
      `${TOKENIZER_FILE} has the token ${JSON.stringify(token.content)} for whole words only (single_word), which is not supported.`,
    ])
  }
}

function findTokenizer(folder: string, ids: TokenIds | null, problems: string[]): string {
  const before = problems.length
  const whole = readJson(folder, TOKENIZER_FILE, problems)
  if (whole !== null) {
    const text = readFileSync(path.join(folder, TOKENIZER_FILE), 'utf8')
    const config = readJson(folder, CONFIG_FILE, problems) ?? {}
    return ids?.isLiteral === true
      ? JSON.stringify(withSpecial(asWritten(whole, config), ids.image))
      : asTransformersReads(whole, text, config)
  }
  const settings = {
    ...readJson(folder, 'special_tokens_map.json', problems),
    ...readJson(folder, CONFIG_FILE, problems),
  }
  const added = readJson(folder, 'added_tokens.json', problems) ?? {}
  if (existsSync(path.join(folder, VOCABULARY_TEXT_FILE))) {
    const text = readText(path.join(folder, VOCABULARY_TEXT_FILE))
    return JSON.stringify(buildBert(text, settings, added))
  }
  const vocabulary = readJson(folder, VOCABULARY_FILE, problems)
  const merges = path.join(folder, MERGES_FILE)
  if (problems.length > before) {
    return ''
  }
  if (vocabulary === null || !existsSync(merges)) {
    problems.push(
      `${folder} has no tokenizer: neither ${TOKENIZER_FILE} nor ${VOCABULARY_FILE} with ${MERGES_FILE}. Give the tokenizer of the model that it was made from with --tokenizer DIR.`,
    )
    return ''
  }
  return JSON.stringify(build(vocabulary, readText(merges), settings, added, ids))
}

/**
 * With what is put around a text, which tokenizer_config.json may say; null in a file means nothing.
 *
 * Source: transformers 5.18, tokenization_utils_tokenizers.py, TokenizersBackend.
 */
function asWritten(whole: Json, config: Json): Json {
  const says = 'add_bos_token' in config || 'add_eos_token' in config
  const own = says ? null : templateIn(whole['post_processor'])
  return { ...whole, post_processor: own ?? bosAndEos(whole, config) }
}

/** Some files do not say that the placeholder of a picture is a special token. */
function withSpecial(whole: Json, id: number | undefined): Json {
  const added: unknown = whole['added_tokens']
  if (!Array.isArray(added)) {
    return whole
  }
  const tokens = added.map((token: unknown) =>
    isObject(token) && token['id'] === id ? { ...token, special: true } : token,
  )
  return { ...whole, added_tokens: tokens }
}

/** The step that puts something around a text, also where it is one of several; null if there is none. */
function templateIn(processor: unknown): Json | null {
  if (!isObject(processor)) {
    return null
  }
  const steps: unknown = processor['processors']
  const all: readonly unknown[] = Array.isArray(steps) ? steps : [processor]
  return all.filter(isObject).find(({ type }) => type === 'TemplateProcessing') ?? null
}

/**
 * The classes that transformers rebuilds have no normalizer, and take whether a space is put before a
 * text from tokenizer_config.json alone.
 */
function asTransformersReads(whole: Json, text: string, config: Json): string {
  if (T5_CLASSES.includes(config['tokenizer_class']) && isKind(whole, 'Unigram')) {
    return JSON.stringify(asT5(whole, content(config['eos_token']) ?? '</s>'))
  }
  if (isKind(whole, 'WordPiece')) {
    return JSON.stringify(asBert(whole, config))
  }
  if (isLlama(whole, config)) {
    return JSON.stringify(asLlama(whole, config))
  }
  if (!REBUILT_CLASSES.includes(config['tokenizer_class']) || isKind(whole, 'Unigram')) {
    return text
  }
  const prefix = config['add_prefix_space'] === true
  const before = whole['pre_tokenizer']
  const same =
    isObject(before) &&
    before['type'] === 'ByteLevel' &&
    (before['add_prefix_space'] ?? true) === prefix &&
    before['use_regex'] !== false &&
    (whole['normalizer'] ?? null) === null
  return same
    ? text
    : JSON.stringify({ ...whole, normalizer: null, pre_tokenizer: byteLevel(prefix) })
}

function isKind(whole: Json, type: string): boolean {
  return isObject(whole['model']) && whole['model']['type'] === type
}

/** Source: transformers 5.18, models/t5/tokenization_t5.py, T5Tokenizer. */
function asT5(whole: Json, eos: string): Json {
  const mark = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true }
  const model: Json = isObject(whole['model']) ? whole['model'] : {}
  return {
    ...whole,
    normalizer: precompiled(whole['normalizer']),
    pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, mark] },
    post_processor: {
      type: 'TemplateProcessing',
      single: [sequence('A', 0), special(eos, 0)],
      pair: [sequence('A', 0), special(eos, 0), sequence('B', 0), special(eos, 0)],
      special_tokens: { [eos]: { id: eos, ids: [T5_EOS], tokens: [eos] } },
    },
    decoder: mark,
    model: { ...model, unk_id: T5_UNKNOWN, byte_fallback: false },
  }
}

/** The table of characters, also where it is one step of several; null if there is none. */
function precompiled(normalizer: unknown): Json | null {
  if (!isObject(normalizer)) {
    return null
  }
  const steps: unknown = normalizer['normalizers']
  const all: readonly unknown[] = Array.isArray(steps) ? steps : [normalizer]
  return all.filter(isObject).find(({ type }) => type === 'Precompiled') ?? null
}

function readText(file: string): string {
  if (!statSync(file).isFile()) {
    throw new ConfigError([`${file} is not a file.`])
  }
  const text = readFileSync(file, 'utf8')
  const problem = lfsPointerProblem(file, text)
  if (problem !== null) {
    throw new ConfigError([problem])
  }
  return text
}

function byteLevel(prefix: boolean): Json {
  return { type: 'ByteLevel', add_prefix_space: prefix, trim_offsets: true, use_regex: true }
}

function build(
  vocabulary: Json,
  merges: string,
  settings: Json,
  added: Json,
  ids: TokenIds | null,
): Json {
  const lines = merges.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#version'))
  const names = specialNames(vocabulary, settings, ids)
  const bos = names.bos_token
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(vocabulary, Object.values(names), settings, added),
    normalizer: null,
    pre_tokenizer: byteLevel(settings['add_prefix_space'] === true),
    // Without it the card says which id begins a text.
    post_processor: bos === null ? null : template(bos, vocabulary[bos]),
    decoder: byteLevel(true),
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: vocabulary,
      merges: lines.map((line) => line.split(' ')),
    },
  }
}

/**
 * The special tokens, by what the files name them, and otherwise by the model's own ids; null for one
 * that the vocabulary does not have.
 */
function specialNames(vocabulary: Json, settings: Json, ids: TokenIds | null) {
  const texts = new Map(Object.entries(vocabulary).map(([text, id]) => [id, text]))
  const name = (key: string, fallback: number | undefined) => {
    const text =
      content(settings[key]) ?? (fallback === undefined ? null : texts.get(fallback)) ?? null
    return text !== null && Object.hasOwn(vocabulary, text) ? text : null
  }
  return {
    bos_token: name('bos_token', ids?.bos),
    eos_token: name('eos_token', ids?.bos),
    unk_token: name('unk_token', ids?.bos),
    pad_token: name('pad_token', ids?.pad),
  }
}

/** Puts the token `bos` before a text. */
function template(bos: string, id: unknown): Json {
  return {
    type: 'TemplateProcessing',
    single: [special(bos, 0), sequence('A', 0)],
    pair: [special(bos, 0), sequence('A', 0), special(bos, 1), sequence('B', 1)],
    special_tokens: { [bos]: { id: bos, ids: [id], tokens: [bos] } },
  }
}

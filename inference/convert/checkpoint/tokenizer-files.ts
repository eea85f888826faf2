/**
 * Reads a checkpoint's tokenizer as one `tokenizer.json`. Older checkpoints have only the vocabulary
 * and merges of GPT-2's byte-level BPE; then the file is built from these, as transformers does.
 *
 * Source: transformers 5.18, models/gpt2/tokenization_gpt2.py, GPT2Tokenizer.
 */

import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { ConfigError } from '../../../config/errors.ts'
import { parseTokenizer } from '../../text/tokenizer.ts'
import { isObject, readJson } from '../../families/common/read-json.ts'
import type { Json } from '../../families/common/read-json.ts'

export const TOKENIZER_FILE = 'tokenizer.json'

const SPECIAL_NAMES = ['bos_token', 'eos_token', 'unk_token', 'pad_token'] as const
const DEFAULT_SPECIAL = '</s>'

/**
 * Reads the tokenizer and checks that it loads.
 *
 * @returns the text of tokenizer.json; empty, with the reason in `problems`, if there is none.
 */
export function readTokenizer(folder: string, problems: string[]): string {
  const text = findTokenizer(folder, problems)
  if (text !== '') {
    try {
      parseTokenizer(text, TOKENIZER_FILE)
    } catch (error) {
      if (!(error instanceof ConfigError)) {
        throw error
      }
      problems.push(...error.problems)
    }
  }
  return text
}

function findTokenizer(folder: string, problems: string[]): string {
  const before = problems.length
  const whole = readJson(folder, TOKENIZER_FILE, problems)
  if (whole !== null) {
    return readFileSync(path.join(folder, TOKENIZER_FILE), 'utf8')
  }
  const vocabulary = readJson(folder, 'vocab.json', problems)
  const merges = path.join(folder, 'merges.txt')
  if (problems.length > before) {
    return ''
  }
  if (vocabulary === null || !existsSync(merges)) {
    problems.push(
      `${folder} has no tokenizer: neither ${TOKENIZER_FILE} nor vocab.json with merges.txt.`,
    )
    return ''
  }
  const settings = {
    ...readJson(folder, 'special_tokens_map.json', problems),
    ...readJson(folder, 'tokenizer_config.json', problems),
  }
  const added = readJson(folder, 'added_tokens.json', problems) ?? {}
  return JSON.stringify(build(vocabulary, readFileSync(merges, 'utf8'), settings, added))
}

function build(vocabulary: Json, merges: string, settings: Json, added: Json): Json {
  const lines = merges.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#version'))
  const bos = content(settings['bos_token']) ?? DEFAULT_SPECIAL
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(vocabulary, settings, added),
    normalizer: null,
    pre_tokenizer: {
      type: 'ByteLevel',
      add_prefix_space: settings['add_prefix_space'] === true,
      trim_offsets: true,
      use_regex: true,
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: [special(bos, 0), sequence('A', 0)],
      pair: [special(bos, 0), sequence('A', 0), special(bos, 1), sequence('B', 1)],
      special_tokens: { [bos]: { id: bos, ids: [vocabulary[bos] ?? 2], tokens: [bos] } },
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
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

/** The special tokens and the added ones (such as `<image>`), sorted by id. */
function addedTokens(vocabulary: Json, settings: Json, added: Json): Json[] {
  const tokens = new Map<number, Json>()
  const add = (id: unknown, text: string, more: Json = {}) => {
    if (typeof id === 'number') {
      const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false }
      tokens.set(id, { ...flags, special: true, ...more, id, content: text })
    }
  }
  for (const name of SPECIAL_NAMES) {
    const text = content(settings[name]) ?? (name === 'pad_token' ? '<pad>' : DEFAULT_SPECIAL)
    add(vocabulary[text], text)
  }
  for (const [text, id] of Object.entries(added)) {
    add(id, text)
  }
  const decoder = settings['added_tokens_decoder']
  for (const [id, token] of Object.entries(isObject(decoder) ? decoder : {})) {
    if (isObject(token) && typeof token['content'] === 'string') {
      add(Number(id), token['content'], token)
    }
  }
  return [...tokens.entries()].sort(([a], [b]) => a - b).map(([, token]) => token)
}

/** The text of a token, which is written as a string or as an object with `content`. */
function content(token: unknown): string | null {
  if (typeof token === 'string') {
    return token
  }
  return isObject(token) && typeof token['content'] === 'string' ? token['content'] : null
}

function special(id: string, type: number): Json {
  return { SpecialToken: { id, type_id: type } }
}

function sequence(id: string, type: number): Json {
  return { Sequence: { id, type_id: type } }
}

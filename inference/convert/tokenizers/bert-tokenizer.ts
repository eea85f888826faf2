/**
 * Builds the `tokenizer.json` of BERT's WordPiece. transformers takes its steps from
 * tokenizer_config.json, whatever the file says, and of older checkpoints the vocabulary from vocab.txt.
 *
 * Source: transformers 5.18, models/bert/tokenization_bert.py, BertTokenizer.
 */

import { isObject, type Json } from '../../families/common/read-json.ts'
import { addedTokens, content, sequence, special } from './tokenizer-parts.ts'

/** A piece a line; the id of a piece is its place. */
export const VOCABULARY_TEXT_FILE = 'vocab.txt'

const CLASSES: readonly unknown[] = [undefined, null, 'BertTokenizer', 'BertTokenizerFast']

/** The special tokens by their settings, and their texts where these are absent. */
const SPECIAL = {
  unk_token: '[UNK]',
  sep_token: '[SEP]',
  pad_token: '[PAD]',
  cls_token: '[CLS]',
  mask_token: '[MASK]',
} as const
const LONGEST_WORD = 100

/** @param config of the tokenizer, tokenizer_config.json. */
export function asBert(whole: Json, config: Json): Json {
  if (!CLASSES.includes(config['tokenizer_class'])) {
    return whole
  }
  const vocabulary = isObject(whole['model']) ? whole['model']['vocab'] : null
  return { ...whole, ...steps(isObject(vocabulary) ? vocabulary : {}, config) }
}

/**
 * @param text of vocab.txt.
 * @param settings of tokenizer_config.json and special_tokens_map.json.
 * @param added ids by the text of tokens that are not in the vocabulary.
 */
export function buildBert(text: string, settings: Json, added: Json): Json {
  const lines = text.replace(/\n$/, '').split('\n')
  const vocabulary = Object.fromEntries(lines.map((line, id) => [line, id]))
  const extra = settings['extra_special_tokens']
  const names = [
    ...Object.keys(SPECIAL).map((name) => tokenOf(settings, name)),
    ...[settings['bos_token'], settings['eos_token']].map(content),
    ...Object.values(isObject(extra) ? extra : {}).map(content),
  ]
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(vocabulary, names, settings, added),
    ...steps(vocabulary, settings),
    model: {
      type: 'WordPiece',
      unk_token: tokenOf(settings, 'unk_token'),
      continuing_subword_prefix: '##',
      max_input_chars_per_word: LONGEST_WORD,
      vocab: vocabulary,
    },
  }
}

/** What is around the model. */
function steps(vocabulary: Json, settings: Json): Json {
  const [cls, sep] = [tokenOf(settings, 'cls_token'), tokenOf(settings, 'sep_token')]
  return {
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: settings['tokenize_chinese_chars'] !== false,
      strip_accents: settings['strip_accents'] ?? null,
      lowercase: settings['do_lower_case'] !== false,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [special(cls, 0), sequence('A', 0), special(sep, 0)],
      pair: [special(cls, 0), sequence('A', 0), special(sep, 0), sequence('B', 1), special(sep, 1)],
      special_tokens: Object.fromEntries(
        [cls, sep].map((id) => [id, { id, ids: [vocabulary[id]], tokens: [id] }]),
      ),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  }
}

function tokenOf(settings: Json, name: string): string {
  const fallback: Readonly<Record<string, string>> = SPECIAL
  return content(settings[name]) ?? fallback[name] ?? ''
}

/**
 * The `tokenizer.json` of a Llama as transformers reads it: vocabulary and merges from the file, the
 * steps from tokenizer_config.json.
 *
 * Source: transformers 5.18, models/llama/tokenization_llama.py, LlamaTokenizer, and
 * tokenization_utils_tokenizers.py, `update_post_processor`.
 */

import { isObject, type Json } from '../../families/common/read-json.ts'
import { content, sequence, special } from './tokenizer-parts.ts'

const CLASSES: readonly unknown[] = ['LlamaTokenizer', 'LlamaTokenizerFast']

/** Whether a file is of this kind. @param config tokenizer_config.json. */
export function isLlama(whole: Json, config: Json): boolean {
  const { model } = whole
  return (
    CLASSES.includes(config['tokenizer_class']) &&
    isObject(model) &&
    model['byte_fallback'] === true
  )
}

/** The same with transformers' steps. */
export function asLlama(whole: Json, config: Json): Json {
  const spaced = config['add_prefix_space'] !== false
  const scheme = spaced ? (config['legacy'] === true ? 'always' : 'first') : 'never'
  const strip = { type: 'Strip', content: ' ', start: 1, stop: 0 }
  const hasOwn = 'add_bos_token' in config || 'add_eos_token' in config
  const mark = { type: 'Metaspace', replacement: '▁', prepend_scheme: scheme, split: false }
  return {
    ...whole,
    normalizer: null,
    pre_tokenizer: mark,
    post_processor:
      hasOwn || whole['post_processor'] == null
        ? bosAndEos(whole, config)
        : whole['post_processor'],
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(spaced ? [strip] : []),
      ],
    },
  }
}

/** What is put around a text, by `add_bos_token` and `add_eos_token`. */
export function bosAndEos(whole: Json, config: Json): Json {
  const wanted = (name: string) => {
    const text = content(config[`${name}_token`])
    return config[`add_${name}_token`] === true && text !== null ? [text] : []
  }
  const [bos, eos] = [wanted('bos'), wanted('eos')]
  const items = (type: number, name: string) => [
    ...bos.map((text) => special(text, type)),
    sequence(name, type),
    ...eos.map((text) => special(text, type)),
  ]
  return {
    type: 'TemplateProcessing',
    single: items(0, 'A'),
    pair: [...items(0, 'A'), ...items(1, 'B')],
    special_tokens: Object.fromEntries(
      [...bos, ...eos].map((text) => [
        text,
        { id: text, ids: [idOf(whole, text)], tokens: [text] },
      ]),
    ),
  }
}

function idOf(whole: Json, text: string): unknown {
  const { added_tokens: added, model } = whole
  const listed: readonly unknown[] = Array.isArray(added) ? added : []
  const token = listed.filter(isObject).find((one) => one['content'] === text)
  const vocabulary = isObject(model) && isObject(model['vocab']) ? model['vocab'] : {}
  return token?.['id'] ?? vocabulary[text]
}

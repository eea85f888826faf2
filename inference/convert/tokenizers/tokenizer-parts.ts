/** Parts of a `tokenizer.json` that is built from older files. */

import { isObject, type Json } from '../../families/common/read-json.ts'

/** The special tokens and the added ones (such as `<image>`), sorted by id. */
export function addedTokens(
  vocabulary: Json,
  specials: readonly (string | null)[],
  settings: Json,
  added: Json,
): Json[] {
  const tokens = new Map<number, Json>()
  const add = (id: unknown, text: string, more: Json = {}) => {
    if (typeof id === 'number') {
      const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false }
      tokens.set(id, { ...flags, special: true, ...more, id, content: text })
    }
  }
  for (const text of specials.filter((one) => one !== null)) {
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
export function content(token: unknown): string | null {
  if (typeof token === 'string') {
    return token
  }
  return isObject(token) && typeof token['content'] === 'string' ? token['content'] : null
}

export function special(id: string, type: number): Json {
  return { SpecialToken: { id, type_id: type } }
}

export function sequence(id: string, type: number): Json {
  return { Sequence: { id, type_id: type } }
}

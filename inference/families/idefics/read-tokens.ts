/**
 * The special tokens of an IDEFICS, whose config.json names none for pictures: transformers finds them by
 * their texts in the tokenizer.
 *
 * Source: transformers 5.18, models/idefics/processing_idefics.py.
 */

import { isObject, type Json, readJson } from '../common/read-json.ts'
import { AROUND, PLACE, TURN_END } from './card.ts'

export type SpecialTokens = {
  /** What begins a text. */
  readonly start: string
  readonly image: number
  readonly textEnd: number
  /** Null: the model was not trained on conversations. */
  readonly turnEnd: number | null
}

/** @param problems gets a sentence for each token that is missing; null then. */
export function readSpecialTokens(folder: string, problems: string[]): SpecialTokens | null {
  const before = problems.length
  const config = readJson(folder, 'tokenizer_config.json', problems) ?? {}
  const whole = readJson(folder, 'tokenizer.json', problems)
  if (whole === null) {
    if (problems.length === before) {
      problems.push(`${folder} has no tokenizer.json. Give its folder with --tokenizer DIR.`)
    }
    return null
  }
  const ids = addedIds(whole)
  const start = textOf(config['bos_token']) ?? '<s>'
  const end = textOf(config['eos_token']) ?? '</s>'
  const wanted = [start, end, PLACE, AROUND].filter((text) => !ids.has(text))
  for (const text of wanted) {
    problems.push(`tokenizer.json has no special token ${JSON.stringify(text)}.`)
  }
  if (config['add_eos_token'] === true) {
    problems.push(
      'tokenizer_config.json: add_eos_token is true; a prompt would end before its answer.',
    )
  }
  return problems.length > before
    ? null
    : {
        start,
        image: ids.get(PLACE)!,
        textEnd: ids.get(end)!,
        turnEnd: ids.get(TURN_END) ?? null,
      }
}

/** Of a token, which is written as a string or as an object with `content`. */
function textOf(token: unknown): string | null {
  const text = isObject(token) ? token['content'] : token
  return typeof text === 'string' ? text : null
}

/** The ids of special tokens by their texts. */
function addedIds(whole: Json): Map<string, number> {
  const { added_tokens: added } = whole
  const tokens: readonly unknown[] = Array.isArray(added) ? added : []
  return new Map(
    tokens
      .filter(isObject)
      .flatMap(({ id, content: text, special }): [string, number][] =>
        typeof text === 'string' && typeof id === 'number' && special === true ? [[text, id]] : [],
      ),
  )
}

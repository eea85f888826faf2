/** What read-opt.ts and read-t5.ts make of `text_config`. */

import type { Fields } from '../common/read-json.ts'
import type { Blip2Card } from './card.ts'
import type { Blip2Config } from './config.ts'

/** Graphs are planned layer by layer before any weight is read; no model has as many. */
export const MAX_LAYERS = 1000

export type LanguageConfig = {
  readonly model: Blip2Config['text']
  readonly tokens: Omit<Blip2Card['tokens'], 'image'>
  /** config.json wants the logits made by the token embeddings. */
  readonly tied: boolean
}

/** A head is as wide as all of them share the hidden states. */
export function checkHeads(fields: Fields, config: { hidden: number; heads: number }): void {
  if (config.hidden % config.heads !== 0) {
    fields.problem(
      'num_attention_heads',
      `is ${config.heads}, which does not divide hidden_size ${config.hidden}.`,
    )
  }
}

/** What read-opt.ts and read-t5.ts make of `text_config`. */

import type { Blip2Card } from './card.ts'
import type { LlamaKind } from '../common/read-llama.ts'
import type { Blip2Config } from './config.ts'

export type LanguageConfig = {
  readonly type: 'opt' | 't5' | LlamaKind
  readonly model: Blip2Config['text']
  readonly tokens: Omit<Blip2Card['tokens'], 'image'>
  /** config.json wants the logits made by the token embeddings. */
  readonly tied: boolean
}

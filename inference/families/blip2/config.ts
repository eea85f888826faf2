/** The shape of one BLIP-2 model: all that the graph writers need to know. */

import type { QformerConfig } from '../../blocks/bridge/qformer-layers.ts'
import type { TextQformerConfig } from '../../blocks/bridge/text-qformer.ts'
import type { LlamaConfig } from '../../blocks/decoder/llama.ts'
import type { OptConfig } from '../../blocks/decoder/opt.ts'
import type { T5Config } from '../../blocks/t5/config.ts'
import type { VisionConfig } from '../../blocks/vision/vit.ts'

export type Blip2Config = {
  readonly vision: VisionConfig
  readonly qformer: QformerConfig
  /** The Q-Former's embeddings of the prompt's tokens, where it reads the prompt, too. */
  readonly instruction: Pick<TextQformerConfig, 'vocab' | 'maxPositions'> | null
  /** The language model. */
  readonly text:
    | (OptConfig & { readonly kind: 'opt' })
    | T5Config
    | (LlamaConfig & { readonly kind: 'llama' })
}

/** The shape of one LLaVA model: all that the graph writers need to know. */

import type { ProjectorConfig } from '../../blocks/bridge/projector.ts'
import type { LlamaConfig } from '../../blocks/decoder/llama.ts'
import type { VisionConfig } from '../../blocks/vision/vit.ts'

export type LlavaConfig = {
  readonly vision: VisionConfig
  readonly projector: ProjectorConfig
  readonly text: LlamaConfig
}

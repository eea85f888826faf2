/** The shape of one Idefics3 or SmolVLM model: all that the graph writers need to know. */

import type { ProjectorConfig } from '../../blocks/bridge/projector.ts'
import type { LlamaConfig } from '../../blocks/decoder/llama.ts'
import type { VisionConfig } from '../../blocks/vision/vit.ts'

export type Idefics3Config = {
  readonly vision: VisionConfig
  /** Its rows are those of one tile. */
  readonly projector: ProjectorConfig
  readonly text: LlamaConfig
}

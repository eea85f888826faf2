/** The shape of one IDEFICS model: all that the graph writers need to know. */

import type { PerceiverConfig } from '../../blocks/bridge/perceiver.ts'
import type { PictureKeysConfig } from '../../blocks/bridge/picture-keys.ts'
import type { FlamingoConfig } from '../../blocks/decoder/flamingo.ts'
import type { VisionConfig } from '../../blocks/vision/vit.ts'

export type IdeficsConfig = {
  readonly vision: VisionConfig
  /** Null: the decoder looks at the rows of the vision tower. */
  readonly resampler: PerceiverConfig | null
  readonly keys: PictureKeysConfig
  readonly decoder: FlamingoConfig
}

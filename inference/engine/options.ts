/** What the engine is opened with; plain data, since it crosses to the inference thread. */

import type { ImageLimits } from '../image/decode.ts'

export type EngineOptions = {
  /** Threads that one run uses. */
  readonly threads: number
  /** What a picture may cost; what is absent is the image decoder's own limit. */
  readonly imageLimits: Partial<ImageLimits>
}

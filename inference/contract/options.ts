/** What the engine is opened with; plain data, since it crosses to the inference thread. */

import type { ImageLimits } from '../image/limits.ts'
import type { Provider } from '../runtime/device.ts'

/** How much is done at once. */
export type SchedulerOptions = {
  /** Requests that may wait. */
  readonly queueLimit: number
  /** Sequences at work at once; a beam counts as one. */
  readonly maxSequences: number
  /** Pictures encoded in one run. */
  readonly maxImages: number
}

/** What happens to a host of a model that is on other machines. No key is in it. */
export type HostEvent =
  | { readonly type: 'up'; readonly host: string }
  | { readonly type: 'down'; readonly host: string; readonly reason: string }
  /** A request failed there; it may have gone on to another host. */
  | { readonly type: 'failure'; readonly host: string; readonly reason: string }

export type EngineOptions = SchedulerOptions & {
  readonly provider: Provider
  /** Threads that one run uses on the CPU. */
  readonly threads: number
  /** The folder of the text reader. */
  readonly reader: string
  /** What a picture may cost; what is absent is the image decoder's own limit. */
  readonly imageLimits: Partial<ImageLimits>
  /**
   * The folder of a package whose matcher runs on the features of this model's vision tower, which must
   * be the same; null: none.
   */
  readonly matcher: string | null
  /** Bytes of what is kept of pictures. */
  readonly imageCacheBytes: number
  /** Bytes of keys and values kept of finished requests. */
  readonly conversationBytes: number
}

/** The shape of a T5: an encoder that reads all of a prompt at once, and a decoder that looks at it. */

import type { Activation } from '../activations.ts'

export type T5Config = {
  readonly kind: 't5'
  readonly vocab: number
  readonly hidden: number
  readonly intermediate: number
  readonly encoderLayers: number
  /** Layers of the decoder. */
  readonly layers: number
  readonly heads: number
  /** All heads together need not be as wide as `hidden`. */
  readonly headDim: number
  readonly activation: Activation
  /** Whether the activation gates a second linear layer, as in T5 1.1 and Flan-T5. */
  readonly gated: boolean
  readonly epsilon: number
  /** Rows of the tables of relative positions. */
  readonly buckets: number
  /** From this distance on all positions are in one bucket. */
  readonly maxDistance: number
  /** Whether logits are divided by the square root of `hidden`, as in T5 1.0. */
  readonly scaleLogits: boolean
  /** Positions of the prompt, and of the answer, at most; T5 itself has no limit. */
  readonly maxPositions: number
  /** The checkpoint's tensor that embeds tokens. */
  readonly embedTensor: string
  /** The checkpoint's tensor that makes the logits; the same one when they are tied. */
  readonly headTensor: string
}

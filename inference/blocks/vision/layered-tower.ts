/** A vision tower in parts, a graph for each layer: what calibrating a conversion needs of one. */

import type { GraphPlan } from '../../onnx/graph-builder.ts'
import type { Scalings } from '../../onnx/weight-plan.ts'
import type { Storage } from '../layers.ts'

/** Hidden states are float32 [B * tokens, hidden]. */
export type LayeredTower = {
  readonly layers: number
  readonly hidden: number
  /** Side of the square image, in pixels. */
  readonly imageSize: number
  /** Linear modules of a layer whose inputs can be smoothed without another operator. */
  readonly smoothed: readonly string[]
  /** pixel_values float32 [B, 3, S, S] -> hidden_states, as the first layer takes them. */
  embeddings(): GraphPlan
  /** hidden_states -> next: one layer, with the norm of each of its halves. */
  layer(index: number, storage: Storage): GraphPlan
  /** As `layer` in full precision, and how large its channels become. */
  measured(index: number): MeasuredLayer
  /**
   * Divides the inputs of a layer's modules by factors where they are made, and multiplies the
   * weights by them.
   *
   * @param factors float32 [inputs] of each of `smoothed`.
   */
  fold(index: number, factors: ReadonlyMap<string, Float32Array>): Scalings
}

/**
 * A layer in full precision, with the largest magnitude in every channel of each linear module: of
 * what comes in as `inputs_<i>`, of the weights as `weights_<i>`, both float32 [inputs], where i is
 * the place of the module in the list.
 */
export type MeasuredLayer = {
  readonly plan: GraphPlan
  /** Names within the layer, such as `mlp.fc1`. */
  readonly modules: readonly string[]
}

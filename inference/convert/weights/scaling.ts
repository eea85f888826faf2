/** Factors that tensors are multiplied by while they are converted. */

import type { Scaling, Scalings } from '../../onnx/weight-plan.ts'

/** No tensor is multiplied by anything. */
export const UNSCALED: Scalings = new Map()

/**
 * Multiplies a matrix in place by the factors of its rows and columns.
 *
 * @param values float32 [rows, columns].
 * @param scaling factors float32 [rows] and [columns]; a missing one is all 1.
 */
export function scaleMatrix(
  values: Float32Array,
  rows: number,
  columns: number,
  { rows: byRow, columns: byColumn }: Scaling,
): void {
  for (let row = 0; row < rows; row++) {
    const factor = byRow?.[row] ?? 1
    const start = row * columns
    for (let column = 0; column < columns; column++) {
      values[start + column]! *= factor * (byColumn?.[column] ?? 1)
    }
  }
}

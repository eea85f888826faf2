/** Factors that tensors are multiplied by while they are converted. */

/** Factors to multiply a matrix by: its rows, its columns or both. A vector is one row. */
export type Scaling = { readonly rows?: Float32Array; readonly columns?: Float32Array }

/** Of tensors, by their names in the checkpoint. */
export type Scalings = ReadonlyMap<string, Scaling>

export const UNSCALED: Scalings = new Map()

/** Multiplies values [rows, columns] in place. */
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

/** A tensor of a checkpoint as it is on the disk. */

/** The dtypes that a checkpoint may have, with bytes per element. */
export const DTYPE_BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2 } as const
export type Dtype = keyof typeof DTYPE_BYTES

export function isReadable(dtype: string): dtype is Dtype {
  return Object.hasOwn(DTYPE_BYTES, dtype)
}

/** A tensor's dtype and shape, and where its bytes are. */
export type StoredTensor = {
  readonly file: string
  readonly dtype: string
  readonly shape: readonly number[]
  /** Offset in the file, in bytes. */
  readonly offset: number
  /** Length, in bytes. */
  readonly bytes: number
}

/** How the weights of a package are stored. */

export const PRECISIONS = ['fp32', 'fp16', 'int8', 'int4'] as const
export type Precision = (typeof PRECISIONS)[number]

/**
 * How quantized packages hold the matrices of the vision tower: int8 with a scale for each output
 * and each row that meets them; in blocks as in the decoder; or not quantized.
 */
export const VISION_STORAGES = ['w8a8', 'block', 'float'] as const
export type VisionStorage = (typeof VISION_STORAGES)[number]

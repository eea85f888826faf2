/** How large a picture may be. Apart from decode.ts, so that who decodes nothing does not load sharp. */

/** Upper limits for one picture. */
export type ImageLimits = {
  /** Size of the file, in bytes. */
  readonly maxBytes: number
  /**
   * Width times height; for AVIF a third of this. A pixel takes 3 bytes, and up to 6 more while a
   * progressive JPEG or a rotated picture is decoded: 170 to 470 MB at the default limit.
   */
  readonly maxPixels: number
  /** Processor time to decode, in seconds; on a busy machine it may take `PATIENCE` times as long. */
  readonly maxSeconds: number
}

const MIB = 2 ** 20

/** Just enough for the pictures of a 50-megapixel phone (8160 x 6144). */
export const DEFAULT_LIMITS: ImageLimits = {
  maxBytes: 32 * MIB,
  maxPixels: 50 * 2 ** 20,
  maxSeconds: 10,
}

/** How much longer than its processor time a decoding may take. */
export const PATIENCE = 4

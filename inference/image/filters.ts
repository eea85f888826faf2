/**
 * The kernels of Pillow's resampling filters, written as Pillow writes them: other orders of the same
 * operations give other last bits. Source: Pillow 12.3, src/libImaging/Resample.c, `bilinear_filter`,
 * `bicubic_filter` and `lanczos_filter`.
 */

export const FILTERS = ['bicubic', 'bilinear', 'lanczos'] as const
export type Filter = (typeof FILTERS)[number]

export type Kernel = {
  /** Radius, in input pixels when enlarging. */
  readonly support: number
  /** @param x distance from the center, in the same unit. */
  weight(x: number): number
}

export const KERNELS: Readonly<Record<Filter, Kernel>> = {
  bicubic: { support: 2, weight: bicubic },
  bilinear: { support: 1, weight: bilinear },
  lanczos: { support: 3, weight: lanczos },
}

/** The Catmull-Rom kernel (a = -0.5). */
function bicubic(x: number): number {
  const a = -0.5
  const distance = Math.abs(x)
  if (distance < 1) {
    return ((a + 2) * distance - (a + 3)) * distance * distance + 1
  }
  return distance < 2 ? (((distance - 5) * distance + 8) * distance - 4) * a : 0
}

function bilinear(x: number): number {
  const distance = Math.abs(x)
  return distance < 1 ? 1 - distance : 0
}

/** A sinc that a wider sinc ends. */
function lanczos(x: number): number {
  return -3 <= x && x < 3 ? sinc(x) * sinc(x / 3) : 0
}

function sinc(x: number): number {
  const angle = x * Math.PI
  return x === 0 ? 1 : Math.sin(angle) / angle
}

/** Formats sizes for the sentences about files. */

const MIB = 2 ** 20

/** For example `100000 bytes` or `32 MiB`. */
export function bytesInWords(bytes: number): string {
  return bytes < MIB ? `${bytes} bytes` : `${Math.floor(bytes / MIB)} MiB`
}

/** For example `100000 bytes` or `32 MB`, in the unit that fits the limit. */
export function megabytes(bytes: number, limit: number, round = Math.floor): string {
  return limit < MIB ? `${bytes} bytes` : `${round(bytes / MIB)} MB`
}

/** For example `1000 pixels` or `50 megapixels`, in the unit that fits the limit. */
export function megapixels(pixels: number, limit: number, round = Math.floor): string {
  return limit < 1e6 ? `${pixels} pixels` : `${round(pixels / 1e6)} megapixels`
}

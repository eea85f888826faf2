/** What libheif, as sharp builds it, refuses of AVIF although it can read it. */

const MAJOR_BRAND = 8

/**
 * An animation of one picture and more as a still picture: its first frame is stored as such too.
 * sharp refuses files of the brand `avis` without looking into them.
 */
export function asStillAvif(bytes: Uint8Array): Uint8Array {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (file.toString('latin1', MAJOR_BRAND, MAJOR_BRAND + 4) !== 'avis') {
    return bytes
  }
  const still = Buffer.from(file)
  still.write('avif', MAJOR_BRAND, 'latin1')
  return still
}

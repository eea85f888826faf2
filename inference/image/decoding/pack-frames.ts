/** Frames of a moving picture as bytes, on their way from a decoding process. */

import type { Frames, FramesSpec } from '../animation/frames.ts'

/** A number: uint32, little endian. */
const NUMBER = 4

/** Total, number of files, the length of each, the files. */
export function packFrames({ total, files }: Frames): Uint8Array {
  const numbers = [total, files.length, ...files.map(({ length }) => length)]
  const bytes = new Uint8Array(
    numbers.length * NUMBER + files.reduce((sum, { length }) => sum + length, 0),
  )
  const header = new DataView(bytes.buffer)
  for (const [i, number] of numbers.entries()) {
    header.setUint32(i * NUMBER, number, true)
  }
  let at = numbers.length * NUMBER
  for (const file of files) {
    bytes.set(file, at)
    at += file.length
  }
  return bytes
}

/**
 * The frames of `packFrames`. The other process has read a file from a stranger, so what it sends is
 * checked.
 *
 * @throws if the bytes are no frames that fit the specification.
 */
export function unpackFrames(bytes: Uint8Array, { most, side }: FramesSpec): Frames {
  const wrong = () => new Error(`the decoder sent ${bytes.length} bytes, which are no frames`)
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const numberAt = (index: number) => {
    if ((index + 1) * NUMBER > bytes.length) {
      throw wrong()
    }
    return header.getUint32(index * NUMBER, true)
  }
  const [total, count] = [numberAt(0), numberAt(1)]
  // PNG never takes much more than the pixels themselves.
  const largest = 4 * side * side + 2 ** 16
  if (count > most || count > total) {
    throw wrong()
  }
  let at = (2 + count) * NUMBER
  const files = Array.from({ length: count }, (_, i) => {
    const length = numberAt(2 + i)
    const file = bytes.slice(at, at + length)
    at += length
    if (length > largest || file.length !== length) {
      throw wrong()
    }
    return file
  })
  return { total, files }
}

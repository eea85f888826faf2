/**
 * Memory of a busy bot: `npm run bench -- memory` with eight people at once. The weights take a little
 * more than on the disk, since ONNX Runtime lays them out again; the rest is caches and the program.
 */

const FACTOR = 1.2
const PROGRAM_BYTES = 0.7e9

/** @param weightBytes as they are computed with. */
export function botMemory(weightBytes: number): number {
  return weightBytes * FACTOR + PROGRAM_BYTES
}

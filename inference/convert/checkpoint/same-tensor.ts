/** Compares two tensors of a checkpoint byte by byte, a few megabytes at a time. */

import { closeSync, openSync, readSync } from 'node:fs'
import type { Checkpoint } from './checkpoint.ts'
import type { StoredTensor } from './stored-tensor.ts'

/** Bytes compared at once. */
const PIECE = 4 * 1024 * 1024

/** Whether both tensors exist and have the same dtype, shape and bytes. */
export function sameTensor(checkpoint: Checkpoint, a: string, b: string): boolean {
  const left = checkpoint.tensors.get(a)
  const right = checkpoint.tensors.get(b)
  if (left === undefined || right === undefined) {
    return false
  }
  const alike =
    left.dtype === right.dtype &&
    left.bytes === right.bytes &&
    left.shape.join() === right.shape.join()
  return alike && sameBytes(left, right)
}

function sameBytes(a: StoredTensor, b: StoredTensor): boolean {
  if (a.file === b.file && a.offset === b.offset) {
    return true
  }
  const left = openSync(a.file, 'r')
  const right = openSync(b.file, 'r')
  try {
    const one = Buffer.alloc(Math.min(PIECE, a.bytes))
    const other = Buffer.alloc(one.length)
    for (let done = 0; done < a.bytes; done += one.length) {
      const length = Math.min(one.length, a.bytes - done)
      readSync(left, one, 0, length, a.offset + done)
      readSync(right, other, 0, length, b.offset + done)
      if (one.compare(other, 0, length, 0, length) !== 0) {
        return false
      }
    }
    return true
  } finally {
    closeSync(left)
    closeSync(right)
  }
}

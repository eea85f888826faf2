/** Checks bytes against the digests the hub gives: sha256 for large files, git's blob sha1 for small. */

import { createHash, type Hash } from 'node:crypto'
import type { RemoteFile } from './hub.ts'

/** A hash fed with a file's bytes in order; its hexadecimal digest equals the hub's. */
export function startDigest(file: RemoteFile): Hash {
  if (file.digest.kind === 'sha256') {
    return createHash('sha256')
  }
  // git hashes a header before the bytes: "blob", the size in decimal, a zero byte.
  return createHash('sha1').update(`blob ${file.bytes}\0`)
}

/** Hashes as the hub does: sha256 for large files, git's blob sha1 for small ones. */

import { createHash, type Hash } from 'node:crypto'
import type { RemoteFile } from './hub.ts'

/** Starts a hash: updated with all bytes of the file in order, its hex digest equals the hub's. */
export function startDigest(file: RemoteFile): Hash {
  if (file.digest.kind === 'sha256') {
    return createHash('sha256')
  }
  // git hashes a header before the bytes: "blob", the size in decimal, a zero byte.
  return createHash('sha1').update(`blob ${file.bytes}\0`)
}

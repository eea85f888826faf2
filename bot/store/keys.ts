/** Keys of records. */

import { randomBytes } from 'node:crypto'

/** A new random key: 12 characters, 72 bits. */
export function newKey(): string {
  return randomBytes(9).toString('base64url')
}

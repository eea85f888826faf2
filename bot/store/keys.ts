/** Keys of records. */

import { randomBytes } from 'node:crypto'

/** A new key: 12 characters that nobody can guess. */
export function newKey(): string {
  return randomBytes(9).toString('base64url')
}

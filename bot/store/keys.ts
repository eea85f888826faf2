/** Keys and tags of records. */

import { randomBytes } from 'node:crypto'

/** A new random key: 12 characters, 72 bits. */
export function newKey(): string {
  return randomBytes(9).toString('base64url')
}

/** The tag of the records that name a person. */
export function userTag(userId: string): string {
  return `user:${userId}`
}

/** The tag of a record whose key is a server, a person and more. */
export function userTagOf(key: string): string {
  return userTag(key.split('/')[1] ?? '')
}

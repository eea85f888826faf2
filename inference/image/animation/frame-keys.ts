/** Names of the frames of a moving picture that a model sees as pictures of their own. */

import { createHash } from 'node:crypto'

/** Most frames of one moving picture that a model is shown. */
export const MAX_FRAMES = 8

/**
 * The key of a frame. It follows from that of the file, so that what was computed from a frame is found
 * and deleted with its picture.
 *
 * @param key SHA-256 of the picture's file, hexadecimal.
 * @param index of the frame among those that were chosen, from 0.
 */
export function frameKey(key: string, index: number): string {
  return createHash('sha256').update(`${key} frame ${index}`).digest('hex')
}

/** The keys of all frames that a picture may have been shown as. */
export function frameKeysOf(key: string): string[] {
  return Array.from({ length: MAX_FRAMES }, (_, index) => frameKey(key, index))
}

/** Discord constants that the page uses. */

export const EPHEMERAL = 1 << 6
export const LOADING = 1 << 7
export const SPOILER = 1 << 3

export const CHANNEL = { text: 0, dm: 1, group: 3, publicThread: 11, privateThread: 12 }

export const MAX_FILES = 10
export const MAX_FILE_BYTES = 10 * 1024 * 1024

/** Compares snowflakes, oldest first: ids grow with time. */
export function compareIds(/** @type {string} */ a, /** @type {string} */ b) {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
}

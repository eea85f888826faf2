/** Finds keys that a JSON text gives twice to one object; JSON.parse keeps the last without a word. */

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs

/**
 * @param json valid JSON.
 * @returns the first key that an object has twice; null if there is none.
 */
export function duplicateKey(json: string): string | null {
  /** The keys of the objects that are open; null for an array. */
  const open: (Set<unknown> | null)[] = []
  let last = ''
  for (const [token] of json.matchAll(TOKENS)) {
    if (token === '{' || token === '[') {
      open.push(token === '{' ? new Set() : null)
    } else if (token === '}' || token === ']') {
      open.pop()
    } else if (token === ':') {
      const key: unknown = JSON.parse(last)
      const keys = open.at(-1)
      if (keys?.has(key)) {
        return String(key)
      }
      keys?.add(key)
    }
    last = token
  }
  return null
}

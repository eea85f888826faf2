/** Names written after an @, as the mentions that the API takes. */

import { nameOf } from './selectors.js'
import { state } from './state.js'

/** The text with each `@name` of somebody here as a mention; other text stays as it is. */
export function withMentions(/** @type {string} */ text) {
  const named = [...state.users.values()].flatMap((user) =>
    [nameOf(user), user.username].map((name) => ({ name, id: user.id })),
  )
  // Of `Ann` and `Ann Lee` the longer one is meant where both fit.
  const longestFirst = named.toSorted((a, b) => b.name.length - a.name.length)
  return text.replaceAll(/(?<![\w@<])@(?=\S)[^@\n]*/gu, (after) => {
    const start = after.slice(1).toLowerCase()
    const found = longestFirst.find(
      ({ name }) =>
        start.startsWith(name.toLowerCase()) && !/^[\p{L}\p{N}_]/u.test(start.slice(name.length)),
    )
    return found ? `<@${found.id}>${after.slice(1 + found.name.length)}` : after
  })
}

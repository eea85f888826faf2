/** Converts `@name` in a text to the API's mention format. */

import { nameOf } from './selectors.js'
import { state } from './state.js'

/** Replaces each `@name` of a known user with a mention; other text stays unchanged. */
export function withMentions(/** @type {string} */ text) {
  const named = [...state.users.values()].flatMap((user) =>
    [nameOf(user), user.username].map((name) => ({ name, id: user.id })),
  )
  // If both `Ann` and `Ann Lee` match, the longer name wins.
  const longestFirst = named.toSorted((a, b) => b.name.length - a.name.length)
  return text.replaceAll(/(?<![\w@<])@(?=\S)[^@\n]*/gu, (after) => {
    const start = after.slice(1).toLowerCase()
    const user = longestFirst.find(
      ({ name }) =>
        start.startsWith(name.toLowerCase()) && !/^[\p{L}\p{N}_]/u.test(start.slice(name.length)),
    )
    return user ? `<@${user.id}>${after.slice(1 + user.name.length)}` : after
  })
}

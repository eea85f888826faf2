/**
 * The round picture of a person: their first letter on a color of their own; the bot's is its eye.
 *
 * @import { User } from '../types.d.ts'
 */

import { h } from './dom.js'
import { nameOf } from '../state/selectors.js'

/** How many colors there are; styles/base.css names them. */
const COLORS = 7

/** An avatar; a screen reader passes it over, since the name stands next to it. */
export function avatar(/** @type {User} */ user, size = '') {
  if (user.bot) {
    return h(
      'span',
      { class: `avatar bot ${size}`, 'aria-hidden': 'true' },
      h('img', { src: '/icon.svg', alt: '' }),
    )
  }
  const sum = Array.from(user.username, (sign) => sign.codePointAt(0) ?? 0).reduce(
    (a, b) => a + b,
    0,
  )
  const color = sum % COLORS
  return h(
    'span',
    { class: `avatar color-${color} ${size}`, 'aria-hidden': 'true' },
    nameOf(user).slice(0, 1).toUpperCase(),
  )
}

/**
 * The avatar of a user: the first letter of the name on a color chosen by id; the bot's is its eye icon.
 *
 * @import { User } from '../types.d.ts'
 */

import { h } from './dom.js'
import { botUser, nameOf } from '../state/selectors.js'

/** How many colors there are; styles/base.css names them. */
const COLORS = 7

/** An avatar; hidden from screen readers, since the name is next to it. */
export function avatar(/** @type {User} */ user, size = '') {
  // A webhook's author is marked as a bot, too.
  if (user.bot && user.id === botUser()?.id) {
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

/** The welcome above the first message of a channel. */

import { inLanguage, words } from '../language/language.js'
import { CHANNEL } from '../state/constants.js'
import { isThread, titleOf } from '../state/selectors.js'
import { state } from '../state/state.js'
import { h } from '../widgets/dom.js'
import { icon } from '../widgets/icons.js'

/** @import { Channel } from '../types.d.ts' */

/** @param {Channel | undefined} channel @param {boolean} empty whether nothing has been said there */
export function channelIntro(channel, empty) {
  const direct = channel?.type === CHANNEL.dm
  const text = direct ? words().welcomeDirect : empty ? words().welcomeText : (channel?.topic ?? '')
  return h(
    'div',
    { class: 'intro' },
    h('div', { class: 'intro-icon' }, icon(direct ? 'at' : isThread(channel) ? 'thread' : 'hash')),
    h('h2', {}, direct ? titleOf(channel).slice(1) : words().welcome(titleOf(channel))),
    h('p', {}, text),
    ...(state.about && (direct || empty) ? [h('p', {}, inLanguage(state.about))] : []),
  )
}

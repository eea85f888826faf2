/**
 * Pending content: commands without a response yet, and typing indicators.
 *
 * @import { Pending } from '../types.d.ts'
 */

import { avatar } from '../widgets/avatar.js'
import { h } from '../widgets/dom.js'
import { botName, botUser, nameOf } from '../state/selectors.js'
import { icon } from '../widgets/icons.js'
import { words } from '../language/language.js'
import { forgetPending, state } from '../state/state.js'

/** The three dots of a typing indicator. */
export function dots() {
  return h('span', { class: 'dots', 'aria-hidden': 'true' }, h('i'), h('i'), h('i'))
}

/** The line of a command that waits for its first response, or did not get one. */
export function drawPending(/** @type {Pending} */ pending) {
  const bot = botUser()
  const failed = pending.failed
  return h(
    'article',
    { class: 'message pending', id: `pending-${pending.id}`, 'aria-label': pending.name ?? '' },
    h(
      'div',
      { class: 'origin' },
      state.you && avatar(state.you, 'tiny'),
      h('strong', {}, state.you ? nameOf(state.you) : ''),
      h('span', {}, words().used(''), h('span', { class: 'mention' }, pending.name ?? '')),
    ),
    h(
      'div',
      { class: 'message-head' },
      bot && avatar(bot),
      h(
        'span',
        { class: 'head-line' },
        h('span', { class: 'author' }, botName()),
        h('span', { class: 'badge' }, words().app),
      ),
    ),
    h(
      'div',
      { class: 'message-body' },
      failed
        ? h('p', { class: 'failed', role: 'alert' }, icon('alert'), words().didNotRespond)
        : h('p', { class: 'thinking', role: 'status' }, dots(), words().sendingCommand(botName())),
      failed &&
        h(
          'p',
          { class: 'only-you' },
          icon('eye'),
          words().onlyYou,
          ' • ',
          h(
            'button',
            { type: 'button', class: 'text-button', onclick: () => forgetPending(pending.id) },
            words().dismiss,
          ),
        ),
    ),
  )
}

/**
 * The line above a message that says what it answers: a reply's quoted line, or the command used.
 *
 * @import { Message } from '../types.d.ts'
 */

import { avatar } from '../widgets/avatar.js'
import { h } from '../widgets/dom.js'
import { nameOf } from '../state/selectors.js'
import { leaves } from '../state/command-tree.js'
import { icon } from '../widgets/icons.js'
import { words } from '../language/language.js'
import { state } from '../state/state.js'
import { jumpTo, lineOf } from '../text/text.js'

/** What a message answers, above its head; null where it answers nothing. */
export function drawOrigin(/** @type {Message} */ message) {
  const { interaction, referenced_message: target, message_reference: reference } = message
  if (interaction && message.type !== 19) {
    const name = localized(interaction.name)
    const command = message.type === 23 ? name : `/${name}`
    return h(
      'div',
      { class: 'origin' },
      avatar(interaction.user, 'tiny'),
      h('strong', {}, nameOf(interaction.user)),
      h('span', {}, words().used(''), h('span', { class: 'mention' }, command)),
    )
  }
  if (!reference || reference.type === 1 || message.type === 21) {
    return null
  }
  if (!target) {
    return h('div', { class: 'origin' }, icon('reply'), h('em', {}, words().deletedMessage))
  }
  const line = lineOf(target.content) || words().clickForAttachment
  return h(
    'div',
    { class: 'origin' },
    avatar(target.author, 'tiny'),
    h('strong', {}, `${mentionsTarget(message, target) ? '@' : ''}${nameOf(target.author)}`),
    h(
      'button',
      { type: 'button', class: 'origin-line', onclick: () => jumpTo(target.channel_id, target.id) },
      line,
    ),
  )
}

/** As this reader's language has it, as far as the command still exists. */
function localized(/** @type {string} */ name) {
  const leaf = leaves().find((one) => one.name === name)
  const menu = state.commands.find((command) => command.name === name)
  return leaf?.label ?? menu?.name_localized ?? name
}

function mentionsTarget(/** @type {Message} */ message, /** @type {Message} */ target) {
  return message.mentions?.some(({ id }) => id === target.author.id)
}
